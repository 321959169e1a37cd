import { nothing } from '../nodes/part.ts';
import { script } from '../shell.ts';
import { type App, listening } from './app.ts';

const PROGRAM = 'mariadbd';

/** A MariaDB that tells who it is as @@report_host; its account is `lab`, without a password. */
export const mysql: App = {
  transports: ['tcp'],
  word: 'mysql',
  program: PROGRAM,
  part(node, [first]) {
    const port = first?.port ?? 0;
    return {
      ...nothing,
      // It gives up being root, and its folders belong to who it is then.
      capabilities: ['CHOWN', 'SETGID', 'SETUID'],
      programs: {
        [PROGRAM]: {
          command: ['mariadbd', '--defaults-file=/etc/mysql/lab.cnf', `--port=${port}`, `--report-host=${node.name}`],
          ready: [listening(mysql, port)],
          after: [],
        },
      },
    };
  },
  bounds: [{ alone: 'mysql', called: 'one database, on one port' }],
  startMs: 30_000,
  // A new connection is asked for its banner alone.
  asked: { ask: ['-l'], probe: 'banner' },
  tells: false,
  cutShort: true,
  // One session of its own client.
  held: () => 1,
  hold: ({ vip, port }) => script('hold-mysql', vip, String(port)),
};
