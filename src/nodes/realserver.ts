import type { Lab, LabNode } from '../lab/model.ts';
import { type NodePart, nothing } from './part.ts';

/**
 * A real server: nginx that tells, in the tutorial's form, whom it sees, and for checks the same as JSON.
 */
export function realserver(lab: Lab, node: LabNode): NodePart {
  const ports = [
    ...new Set(lab.services.flatMap((s) => s.reals.filter((r) => r.node === node.name).map((r) => r.port))),
  ];
  if (ports.length === 0) return nothing;
  return {
    ...nothing,
    files: { '/etc/nginx/nginx.conf': nginxConf(node.name, ports) },
    services: { nginx: "nginx -g 'daemon off;'" },
  };
}

function nginxConf(name: string, ports: readonly number[]): string {
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
        add_header X-Server ${name} always;
        location = /json {
            default_type application/json;
            return 200 '{"server":"${name}","client":"$client","asked":"$asked","host":"$http_host"}\\n';
        }
        location / {
            return 200 "Your ip:port : $client\\nI am ${name}, asked at $asked\\n";
        }
    }
}
`;
}
