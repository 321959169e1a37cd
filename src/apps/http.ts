import { endpoint } from '../net/cidr.ts';
import { nothing } from '../nodes/part.ts';
import { shell } from '../shell.ts';
import { type App, listening } from './app.ts';

const PROGRAM = 'nginx';
/** The path of nginx's configuration; a file in the lab file with this path takes its place. */
const CONF = '/etc/nginx/nginx.conf';
/** Maximum number of ports: nginx uses two sockets per port, and a program in a guest may open 1024. */
const MOST_PORTS = 400;
/** Size of the answer to /big in bytes. */
const BIG = 60_000;

/**
 * HTTP by nginx, which reports the client that it sees in the tutorial's format, and the same facts as JSON for checks.
 */
export const http: App = {
  transports: ['tcp'],
  word: 'tcp',
  program: PROGRAM,
  part(node, ports) {
    const of = (word: string) => ports.filter((p) => p.word === word).map((p) => p.port);
    const [tcp, tls] = [of('tcp'), of('tls')];
    return {
      ...nothing,
      // nginx drops root, and its folders belong to the user that it switches to.
      capabilities: ['CHOWN', 'SETGID', 'SETUID', 'NET_BIND_SERVICE'],
      checks: [{ program: PROGRAM, file: CONF, command: ['nginx', '-t', '-q'] }],
      files: { [CONF]: conf(node.name, tcp, tls), '/lab/www/big': `${'x'.repeat(BIG - 1)}\n` },
      programs: {
        [PROGRAM]: {
          command: ['nginx', '-g', 'daemon off;'],
          // The ports of a configuration supplied by the user are unknown.
          ready: node.files[CONF] ? [] : [...tcp, ...tls].map((port) => listening(http, port)),
          after: [],
        },
      },
    };
  },
  bounds: [{ most: MOST_PORTS, words: ['tcp', 'tls'], called: 'TCP' }],
  asked: { ask: [], probe: 'http' },
  tells: true,
  cutShort: false,
  show: ({ vip, port }) => shell('until curl -s -g -m 1 "$1"; do sleep 0.05; done', `http://${endpoint(vip, port)}`),
  big: BIG,
  held: (flows) => flows,
};

/** The same server in TLS, by its own certificate, which clients do not verify. */
export const https: App = {
  ...http,
  by: http,
  scheme: 'https',
  word: 'tls',
  asked: { ask: ['-e'], probe: 'https' },
  show: ({ vip, port }) =>
    shell('until curl -s -k -g -m 1 "$1"; do sleep 0.05; done', `https://${endpoint(vip, port)}`),
};

function conf(name: string, ports: readonly number[], tls: readonly number[]): string {
  return `worker_processes 1;
error_log stderr notice;
pid /run/nginx.pid;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000;
    keepalive_timeout 3600s;
    default_type text/plain;
    # an IPv6 address stands in brackets before its port
    map $remote_addr $client { ~: "[$remote_addr]:$remote_port"; default "$remote_addr:$remote_port"; }
    map $server_addr $asked { ~: "[$server_addr]:$server_port"; default "$server_addr:$server_port"; }
    server {
${ports.flatMap((port) => [`        listen ${port} reuseport;`, `        listen [::]:${port} reuseport;`]).join('\n')}
${tls.map((port) => `        listen ${port} ssl;\n        listen [::]:${port} ssl;\n`).join('')}${tls.length > 0 ? '        ssl_certificate /lab/tls/cert.pem;\n        ssl_certificate_key /lab/tls/key.pem;\n' : ''}        add_header X-Server ${name} always;
        client_max_body_size 0;
        location = /json {
            default_type application/json;
            return 200 '{"server":"${name}","client":"$client","asked":"$asked","host":"$http_host"}\\n';
        }
        location = /big { root /lab/www; }
        location / {
            return 200 "Your ip:port : $client\\nI am ${name}, asked at $asked\\n";
        }
    }
}
`;
}
