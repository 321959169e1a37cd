import { TEMPLATE_ARMS, TEMPLATE_FAMILIES, TEMPLATE_HA, TEMPLATE_MODES, TEMPLATE_PROTOCOLS } from '../lab/template.ts';
import { STANDARD_MODE } from '../model/words.ts';
import { choice, one, text, verb } from './verb.ts';

export const init = verb({
  name: 'init',
  summary: 'write a new lab from a few choices',
  arguments: { name: one('<name>', 'the new lab’s name') },
  flags: {
    mode: choice('--mode <mode>', 'forwarding mode', TEMPLATE_MODES).standard(STANDARD_MODE),
    arm: choice(
      '--arm <arm>',
      'one-arm (one segment for all) or two-arm (the director between two)',
      TEMPLATE_ARMS,
    ).standard('two'),
    family: choice('--family <family>', 'IPv4 or IPv6', TEMPLATE_FAMILIES).standard('4'),
    protocol: choice('--protocol <protocol>', 'transport protocol of the services', TEMPLATE_PROTOCOLS).standard('tcp'),
    ha: choice('--ha <ha>', 'one director, or two that share the VIP', TEMPLATE_HA).standard('none'),
    dir: text('--dir <dir>', 'folder to write to (default: labs/NAME)', 'folder'),
  },
  examples: [
    'lab init mine',
    'lab init mine --mode dr --arm one --ha vrrp',
    'lab init mine --mode tun --family 6 --protocol both',
  ],
  run: async ({ name }, options) => (await import('./init.ts')).init(name, options),
});
