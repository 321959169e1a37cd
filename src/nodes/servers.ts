import type { Lab } from '../model/lab.ts';
import type { LabNode, ServedPort } from '../model/node.ts';
import type { Service } from '../model/service.ts';
import { type NodePart, nothing } from './part.ts';

/** Bytes of the answer to /big: many packets, so that path MTU matters. */
export const BIG = 60_000;

/** Where nginx reads its configuration: the user's own, where the lab file has one for this place. */
const NGINX_CONF = '/etc/nginx/nginx.conf';
/** UDP ports of a node (images/node/src/answer.c). */
export const MOST_UDP_PORTS = 64;
/** TCP ports of a node: nginx takes two sockets for each, of the 1024 that a guest's program may open. */
export const MOST_TCP_PORTS = 400;

/** The program that answers for a service on its real servers. */
export function programOf(service: Service): string {
  if (service.app === 'mysql') return 'mariadbd';
  return service.protocol === 'udp' ? 'answer' : 'nginx';
}

/** The ports that a node answers on: those of services it is a real server of, and its own list. */
function portsOf(lab: Lab, node: LabNode): readonly ServedPort[] {
  const balanced = lab.services
    .filter((s) => s.app === 'http')
    .flatMap((s) => s.reals.filter((r) => r.node === node.name).map((r) => ({ protocol: s.protocol, port: r.port })));
  const all = [...balanced, ...node.serve];
  return all.filter((p, i) => all.findIndex((o) => o.protocol === p.protocol && o.port === p.port) === i);
}

/**
 * A node's servers: nginx for TCP, which tells in the tutorial's form whom it sees, and for checks
 * the same as JSON; our own for UDP, which says the same; MariaDB for services of that kind; dnsmasq for names.
 */
export function servers(lab: Lab, node: LabNode): NodePart {
  const ports = portsOf(lab, node);
  const of = (protocol: ServedPort['protocol']) => ports.filter((p) => p.protocol === protocol).map((p) => p.port);
  const [tcp, udp, tls, dns] = [of('tcp'), of('udp'), of('tls'), of('dns')];
  const web = tcp.length + tls.length > 0;
  const database = lab.services
    .filter((s) => s.app === 'mysql')
    .flatMap((s) => s.reals)
    .find((r) => r.node === node.name);
  return {
    ...nothing,
    capabilities: [
      // nginx and MariaDB give up being root, or say so, and their folders belong to who they are then
      ...(web || database ? ['CHOWN', 'SETGID', 'SETUID'] : []),
      ...(ports.length > 0 ? ['NET_BIND_SERVICE'] : []),
    ],
    checks: web ? [{ program: 'nginx', file: NGINX_CONF, command: 'nginx -t -q' }] : [],
    started: [
      ...(node.files[NGINX_CONF] ? [] : [...tcp, ...tls].map((port) => `tcp:${port}`)),
      ...udp.map((port) => `udp:${port}`),
      ...(dns[0] === undefined ? [] : [`udp:${dns[0]}`]),
      ...(database ? [`tcp:${database.port}`] : []),
    ],
    files: web ? { [NGINX_CONF]: nginxConf(node.name, tcp, tls), '/lab/www/big': `${'x'.repeat(BIG - 1)}\n` } : {},
    services: {
      ...(web ? { nginx: ['nginx', '-g', 'daemon off;'] } : {}),
      ...(database ? { mariadbd: databaseCommand(node.name, database.port) } : {}),
      ...(dns[0] === undefined ? {} : { dnsmasq: nameserver(dns[0]) }),
      ...(udp.length > 0 ? { answer: ['answer', node.name, ...udp.map(String)] } : {}),
    },
  };
}

/** A MariaDB that tells who it is as @@report_host; its account is `lab`, without a password. */
function databaseCommand(name: string, port: number): readonly string[] {
  return ['mariadbd', '--defaults-file=/etc/mysql/lab.cnf', `--port=${port}`, `--report-host=${name}`];
}

/** A name server of one domain: every name that ends in .lab has an address. */
function nameserver(port: number): readonly string[] {
  const own = [`--port=${port}`, '--no-resolv', '--no-hosts', '--address=/lab/192.0.2.1'];
  return ['dnsmasq', '--keep-in-foreground', '--user=root', ...own];
}

function nginxConf(name: string, ports: readonly number[], tls: readonly number[]): string {
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
