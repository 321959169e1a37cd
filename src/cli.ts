import { Command, CommanderError } from 'commander';
import type { Verb } from './commands/verb.ts';
import { verbs } from './commands/verbs.ts';
import { Failure } from './failure.ts';
import { complain, print } from './output/print.ts';

let exitCode = 0;

function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((l) => `  $ ${l}`).join('\n')}`);
}

/** Registers a verb from its declaration. */
function register(under: Command, verb: Verb): void {
  const command = under.command(verb.name).description(verb.summary).passThroughOptions(verb.passThrough);
  for (const { form, help } of Object.values(verb.arguments)) command.argument(form, help);
  for (const { option, required } of Object.values(verb.flags))
    command.addOption(required ? option.makeOptionMandatory() : option);
  const names = Object.keys(verb.arguments);
  command.action(async (...given: readonly unknown[]) => {
    exitCode = await verb.run(Object.fromEntries(names.map((name, i) => [name, given[i]])), command.opts());
  });
  if (verb.notes.length > 0) command.addHelpText('after', `\n${verb.notes.join('\n')}`);
  examples(command, verb.examples);
}

function program(): Command {
  const lab = new Command('lab')
    .description(
      'Real LVS clusters in containers: brought up in seconds, proven on the wire, failed over and measured.',
    )
    .version('0.3.0')
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined });
  examples(lab, [
    'lab up fnat-keepalived',
    'lab exec fnat-keepalived client -- curl 192.168.100.254',
    'lab test fnat-keepalived',
    'lab down fnat-keepalived',
  ]);

  for (const each of verbs) {
    if ('run' in each) register(lab, each);
    else {
      const group = lab.command(each.name).description(each.summary);
      for (const verb of each.verbs) register(group, verb);
    }
  }
  return lab;
}

/** Runs `lab` with these arguments. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const lab = program();
  try {
    if (argv.length === 0) {
      complain(lab.helpInformation());
      return 2;
    }
    await lab.parseAsync(argv as string[], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return 2;
    complain(
      `${error.message.replace(/^error: /, 'lab: ')}\n\`lab --help\` lists the commands; \`lab COMMAND --help\` shows how to use one`,
    );
    return 2;
  }
  if (error instanceof Failure) {
    complain(`lab: ${error.message}${error.hint === undefined ? '' : `\n     ${error.hint}`}`);
    return error.exitCode;
  }
  const { message, stack } = error as Error;
  complain(`lab: internal error: ${message ?? String(error)}`);
  if (process.env['LAB_DEBUG'] && stack) complain(stack);
  else complain('     LAB_DEBUG=1 shows the stack trace; please report it');
  return 3;
}
