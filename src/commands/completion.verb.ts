import { SHELLS, type Shell } from './completion-scripts.ts';
import { choice, given, type Verb, verb } from './verb.ts';

/** Prints the script of a shell. */
function printing(shell: Shell, example: string): Verb {
  return verb({
    name: shell,
    summary: `print the completion script for ${shell}`,
    arguments: {},
    flags: {},
    examples: [example],
    run: async () => (await import('./completion.ts')).printScript(shell),
  });
}

const install = verb({
  name: 'install',
  summary: 'install completion for your shell: a script, and for bash and zsh lines in .bashrc or .zshrc that load it',
  arguments: {},
  flags: {
    shell: choice('--shell <shell>', 'the shell (default: $SHELL)', SHELLS),
    uninstall: given('--uninstall', 'remove what it installed'),
  },
  examples: ['lab completion install', 'lab completion install --shell zsh', 'lab completion install --uninstall'],
  run: async (_, options) => (await import('./completion.ts')).install(options),
});

export const completions: readonly Verb[] = [
  printing('bash', 'lab completion bash > /etc/bash_completion.d/lab'),
  printing('zsh', 'lab completion zsh > /usr/local/share/zsh/site-functions/_lab'),
  printing('fish', 'lab completion fish > ~/.config/fish/completions/lab.fish'),
  install,
];
