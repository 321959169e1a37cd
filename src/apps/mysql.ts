import { nothing } from '../nodes/part.ts';
import { script } from '../shell.ts';
import { type App, listening } from './app.ts';

const PROGRAM = 'mariadbd';

/** A MariaDB server that identifies itself as @@report_host; its account is `lab`, without a password. */
export const mysql: App = {
  transports: ['tcp'],
  word: 'mysql',
  program: PROGRAM,
  part(node, [first]) {
    const port = first?.port ?? 0;
    return {
      ...nothing,
      // MariaDB drops root, and its folders belong to the user that it switches to.
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
  // On a new connection, only the banner is read.
  asked: { ask: ['-l'], probe: 'banner' },
  tells: false,
  cutShort: true,
  // One session of MariaDB's own client.
  held: () => 1,
  hold: ({ vip, port }) => script('hold-mysql', vip, String(port)),
};
