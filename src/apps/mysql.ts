import { nothing } from '../nodes/part.ts';
import { bash } from '../shell.ts';
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
  hold: ({ vip, port }) => bash(HELD_QUERIES, vip, String(port)),
};

/**
 * Shell: one session of the MariaDB client that asks ten times a second, each answer a line as the probe writes
 * them. An answer is a name; before it tells an error, the client says the question again, between dashes.
 */
const HELD_QUERIES = `(while :; do echo 'select @@report_host;'; sleep 0.1; done) |
mariadb -h $1 -P $2 -N -B --unbuffered --skip-reconnect --connect-timeout=3 2>&1 |
while read -r line; do
  t=\${EPOCHREALTIME/./}
  case $line in
    ERROR* | -*) echo "{\\"kind\\":\\"held\\",\\"n\\":0,\\"at\\":$t,\\"end\\":$t,\\"lag\\":0,\\"ok\\":false,\\"why\\":\\"lost\\"}" ;;
    '' | *' '*) ;;
    *) echo "{\\"kind\\":\\"held\\",\\"n\\":0,\\"at\\":$t,\\"end\\":$t,\\"lag\\":0,\\"ok\\":true,\\"server\\":\\"$line\\"}" ;;
  esac
done`;
