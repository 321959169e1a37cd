import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { Failure } from './failure.ts';
import { TEMPLATE_ARMS, TEMPLATE_FAMILIES, TEMPLATE_HA, TEMPLATE_MODES, TEMPLATE_PROTOCOLS } from './lab/template.ts';
import { DRIVERS, KERNEL_CHOICES, STANDARD_MODE } from './model/words.ts';
import { parseDuration } from './net/duration.ts';
import { complain, print } from './output/print.ts';

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('expected a time such as 500ms, 3s or 2m');
  return ms;
}

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError('expected a whole number');
  return n;
}

const nameOption = () => new Option('--name <name>', 'run it under another name: a second copy beside the first');
const kernelOption = () =>
  new Option('--kernel <kernel>', 'kernel of the nodes that need one of their own').choices(KERNEL_CHOICES);
const driverOption = () =>
  new Option('--driver <driver>', 'load balancer of the directors that do not name one of their own').choices(DRIVERS);
const outsideOption = () =>
  new Option('--allow-outside', 'take files from outside the lab’s folder too: only of a lab that you trust');
const timeoutOption = () =>
  new Option('--timeout <time>', 'how long nodes may take to come up').argParser(duration).default(60_000, '60s');
const jsonOption = () => new Option('--json', 'print JSON');

/** Runs a verb's file, which is loaded only now: `--help` must not wait for the engine's library. */
type Verb = () => Promise<number>;
let exitCode = 0;
const run = async (verb: Verb): Promise<void> => {
  exitCode = await verb();
};

function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((l) => `  $ ${l}`).join('\n')}`);
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

  examples(
    lab
      .command('up')
      .argument('<lab>', 'a folder of labs/, or a path to a lab file')
      .description('bring a lab up, or what of it is missing')
      .addOption(nameOption())
      .addOption(kernelOption())
      .addOption(driverOption())
      .addOption(outsideOption())
      .option('--recreate', 'start over, even when it runs')
      .option('--no-wait', 'return when nodes are ready, before services answer')
      .option('--dry-run', 'print the plan and do nothing')
      .addOption(timeoutOption())
      .action((argument: string, options) => run(async () => (await import('./commands/up.ts')).up(argument, options))),
    ['lab up fnat-keepalived', 'lab up ./my/lab.yaml --name second', 'lab up fnat-keepalived --kernel host --recreate'],
  );
  examples(
    lab
      .command('down')
      .argument('[labs...]', 'names of running labs')
      .description('remove labs without a trace')
      .option('--all', 'every lab of this engine')
      .action((names: string[], options) => run(async () => (await import('./commands/down.ts')).down(names, options))),
    ['lab down fnat-keepalived', 'lab down --all'],
  );
  examples(
    lab
      .command('ls')
      .description('list the labs that run')
      .addOption(jsonOption())
      .action((options) => run(async () => (await import('./commands/ls.ts')).ls(options))),
    ['lab ls', 'lab ls --json'],
  );
  examples(
    lab
      .command('inspect')
      .argument('<lab>', 'name of a running lab')
      .description('show addresses, state, service tables, and who is master')
      .addOption(jsonOption())
      .action((name: string, options) =>
        run(async () => (await import('./commands/inspect.ts')).inspect(name, options)),
      ),
    ['lab inspect fnat-keepalived', 'lab inspect fnat-keepalived --json'],
  );
  examples(
    lab
      .command('exec')
      .argument('<lab>', 'name of a running lab')
      .argument('<node>', 'name of a node')
      .argument('<command...>', 'the command, after --')
      .description(
        'run a command in a node, in its own kernel where it has one; its output comes as it is, control characters too',
      )
      .passThroughOptions(true)
      .action((name: string, node: string, command: string[]) =>
        run(async () => (await import('./commands/exec.ts')).exec(name, node, command)),
      ),
    [
      'lab exec fnat-keepalived lb1 -- ipvsadm -Ln',
      'lab exec fnat-keepalived client -- curl 192.168.100.254',
      'lab exec fnat-keepalived rs1 -- svc stop nginx',
    ],
  );
  examples(
    lab
      .command('shell')
      .argument('<lab>', 'name of a running lab')
      .argument('<node>', 'name of a node')
      .description(
        'open a shell in a node, in its own kernel where it has one; its output comes as it is, control characters too',
      )
      .action((name: string, node: string) =>
        run(async () => (await import('./commands/exec.ts')).exec(name, node, ['bash', '-i'])),
      ),
    ['lab shell fnat-keepalived lb1'],
  );
  examples(
    lab
      .command('capture')
      .argument('<lab>', 'name of a running lab')
      .argument('<where>', 'a node, NODE:DEVICE (a card, a segment, tunl0, bond1), or a segment')
      .argument('[filter...]', 'which packets, as tcpdump takes it')
      .description('show packets as they pass, or write them as pcap')
      .option('-w, --write <file>', 'write pcap to this file, or - for stdout')
      .addOption(new Option('-c, --count <n>', 'end after so many packets').argParser(count))
      .passThroughOptions(true)
      .action((name: string, where: string, filter: string[], options) =>
        run(async () => (await import('./commands/capture.ts')).capture(name, where, filter, options)),
      ),
    [
      'lab capture fnat-keepalived lb1:eth0 vrrp',
      'lab capture -w - tun-one-arm lan | wireshark -k -i -',
      'lab capture -w rs1.pcap -c 100 tun-one-arm rs1:tunl0 tcp port 80',
    ],
  );
  examples(
    lab
      .command('graph')
      .argument('<lab>', 'a folder of labs/, a path to a lab file, or a running lab')
      .description('draw segments, nodes, addresses, VIPs, and the ways of packets')
      .option('--svg', 'as SVG')
      .option('--mermaid', 'as a Mermaid flowchart')
      .addOption(outsideOption())
      .action((name: string, options) => run(async () => (await import('./commands/graph.ts')).graph(name, options))),
    ['lab graph dr-two-arm', 'lab graph dr-two-arm --svg > dr-two-arm.svg', 'lab graph dr-two-arm --mermaid'],
  );
  examples(
    lab
      .command('logs')
      .argument('<lab>', 'name of a running lab')
      .argument('[node]', 'name of a node (default: all)')
      .description('show what nodes and their programs wrote; control characters are written out on a terminal')
      .option('-f, --follow', 'go on as they write')
      .option('--timestamps', 'begin each line with its time')
      .addOption(new Option('--tail <lines>', 'only the last lines').argParser(count))
      .option('--raw', 'as they wrote it, on a terminal too, which then obeys its control characters')
      .action((name: string, node: string | undefined, options) =>
        run(async () => (await import('./commands/logs.ts')).logs(name, node, options)),
      ),
    ['lab logs fnat-keepalived lb1', 'lab logs fnat-keepalived -f --timestamps'],
  );
  examples(
    lab
      .command('test')
      .argument('[labs...]', 'folders of labs/, paths to lab files, or running labs')
      .description('prove labs: contract and scenario, with evidence')
      .option('--all', 'every lab of labs/')
      .addOption(
        new Option('-j, --jobs <n>', 'how many labs at once (default: what processors and memory bear)').argParser(
          count,
        ),
      )
      .addOption(nameOption())
      .addOption(kernelOption())
      .addOption(driverOption())
      .addOption(outsideOption())
      .addOption(jsonOption())
      .addOption(timeoutOption())
      .option('--report <dir>', 'keep results, events, packets, logs and tables in this folder')
      .option('--keep', 'leave the lab running afterwards')
      .option('--bail', 'end a lab’s test with the first step in which a check fails')
      .addOption(
        new Option(
          '--again <n>',
          'test a lab once more, at most n times, when nothing failed and a verdict was not reached because a node stood still',
        ).argParser(count),
      )
      .action((labs: string[], options) => run(async () => (await import('./commands/test.ts')).test(labs, options))),
    [
      'lab test fnat-keepalived',
      'lab test fnat-keepalived --report ./report',
      'lab test fnat-keepalived --json',
      'lab test --all -j 4 --report ./report',
    ],
  );
  examples(
    lab
      .command('fault')
      .argument('[lab]', 'a running lab; without it, the list of all faults')
      .argument('[fault]', 'what is done: kill:lb1; without it, which faults stand')
      .description('injure a running lab, until `lab heal`')
      .action((name: string | undefined, fault: string | undefined) =>
        run(async () => (await import('./commands/fault.ts')).fault(name, fault)),
      ),
    [
      'lab fault',
      'lab fault fnat-keepalived kill:lb1',
      'lab fault fnat-keepalived cut:lb1@lan',
      'lab fault fnat-keepalived',
    ],
  );
  examples(
    lab
      .command('heal')
      .argument('<lab>', 'a running lab')
      .argument('[fault]', 'the fault that is undone; without it, all that stand')
      .description('undo faults: a killed node comes back with its wires')
      .addOption(timeoutOption())
      .action((name: string, fault: string | undefined, options) =>
        run(async () => (await import('./commands/fault.ts')).healFaults(name, fault, options.timeout)),
      ),
    ['lab heal fnat-keepalived', 'lab heal fnat-keepalived kill:lb1'],
  );
  examples(
    lab
      .command('measure')
      .argument('<lab>', 'a folder of labs/, a path to a lab file, or a running lab')
      .description('make a fault and heal it many times, and tell what clients notice of it')
      .requiredOption('--fault <fault>', 'what is done: kill:lb1; `lab fault` lists them')
      .addOption(new Option('--runs <n>', 'how many times').argParser(count).default(20))
      .option('--service <service>', 'whose clients (default: the first service)')
      .option('--clients <client...>', 'who asks (default: the first client)')
      .addOption(new Option('--flows <n>', 'connections that each holds open').argParser(count).default(1))
      .addOption(nameOption())
      .addOption(kernelOption())
      .addOption(driverOption())
      .addOption(outsideOption())
      .addOption(jsonOption())
      .addOption(timeoutOption())
      .option('--report <dir>', 'keep every run’s results, packets, samples and logs in this folder')
      .option('--keep', 'leave the lab running afterwards')
      .action((name: string, options) =>
        run(async () => (await import('./commands/measure.ts')).measure(name, options)),
      ),
    [
      'lab measure fnat-keepalived --fault kill:lb1 --runs 20',
      'lab measure nat-mysql --fault stop:director1/keepalived --json',
      'lab measure dr-ospf --fault kill:lb1 --service mh --clients one two --flows 64',
    ],
  );
  examples(
    lab
      .command('validate')
      .argument('<labs...>', 'folders of labs/, or paths to lab files')
      .description('check lab files and tell every mistake')
      .addOption(outsideOption())
      .addOption(jsonOption())
      .action((files: string[], options) =>
        run(async () => (await import('./commands/validate.ts')).validate(files, options)),
      ),
    ['lab validate fnat-keepalived', 'lab validate ./my/lab.yaml --json'],
  );
  examples(
    lab
      .command('init')
      .argument('<name>', 'the new lab’s name')
      .description('write a new lab from a few choices')
      .addOption(new Option('--mode <mode>', 'forwarding mode').choices(TEMPLATE_MODES).default(STANDARD_MODE))
      .addOption(
        new Option('--arm <arm>', 'one wire for all, or the director between two')
          .choices(TEMPLATE_ARMS)
          .default('two'),
      )
      .addOption(new Option('--family <family>', 'IPv4 or IPv6').choices(TEMPLATE_FAMILIES).default('4'))
      .addOption(new Option('--protocol <protocol>', 'of the services').choices(TEMPLATE_PROTOCOLS).default('tcp'))
      .addOption(
        new Option('--ha <ha>', 'one director, or two that share the VIP').choices(TEMPLATE_HA).default('none'),
      )
      .option('--dir <dir>', 'the folder that it is written to (default: labs/NAME)')
      .action((name: string, options) => run(async () => (await import('./commands/init.ts')).init(name, options))),
    [
      'lab init mine',
      'lab init mine --mode dr --arm one --ha vrrp',
      'lab init mine --mode tun --family 6 --protocol both',
    ],
  );
  examples(
    lab
      .command('schema')
      .description('print the JSON Schema of lab files')
      .option('--reference', 'print the reference of all keys instead, as Markdown')
      .action((options) => run(async () => (await import('./commands/schema.ts')).schema(options))),
    ['lab schema > lab.schema.json', 'lab schema --reference'],
  );
  examples(
    lab
      .command('doctor')
      .description('tell what this machine and its engine can do')
      .addOption(jsonOption())
      .option('--again', 'probe the kernels again')
      .action((options) => run(async () => (await import('./commands/doctor.ts')).doctor(options))),
    ['lab doctor', 'lab doctor --json'],
  );
  const images = lab.command('images').description('the images that nodes run');
  examples(
    images
      .command('build')
      .description('make the images that are missing')
      .option('--verbose', 'show every line of the build')
      .action((options) => run(async () => (await import('./commands/images.ts')).build(options))),
    ['lab images build', 'lab images build --verbose'],
  );
  examples(
    images
      .command('ls')
      .description('list the images and whether the engine has them')
      .addOption(jsonOption())
      .action((options) => run(async () => (await import('./commands/images.ts')).ls(options))),
    ['lab images ls'],
  );
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
      `${error.message.replace(/^error: /, 'lab: ')}\nlab --help lists the commands, lab COMMAND --help tells how to use one`,
    );
    return 2;
  }
  if (error instanceof Failure) {
    complain(`lab: ${error.message}${error.hint === undefined ? '' : `\n     ${error.hint}`}`);
    return error.exitCode;
  }
  const { message, stack } = error as Error;
  complain(`lab: something went wrong that should not have: ${message ?? String(error)}`);
  if (process.env['LAB_DEBUG'] && stack) complain(stack);
  else complain('     LAB_DEBUG=1 shows where; please report it');
  return 3;
}
