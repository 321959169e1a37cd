import { nothing } from '../nodes/part.ts';
import { type App, listening } from './app.ts';

const PROGRAM = 'dnsmasq';

/**
 * A name server for one domain: every name that ends in .lab has an address. It tells its own name as the text of
 * server.lab, by which clients know who answered (images/node/src/dns.h).
 */
export const dns: App = {
  transports: ['udp', 'tcp'],
  word: 'dns',
  scheme: 'dns',
  program: PROGRAM,
  part(node, [first]) {
    const port = first?.port ?? 0;
    const own = [
      ...[`--port=${port}`, '--no-resolv', '--no-hosts', '--address=/lab/192.0.2.1'],
      `--txt-record=server.lab,${JSON.stringify({ server: node.name })}`,
    ];
    return {
      ...nothing,
      // It changes its group even where it stays root.
      capabilities: ['NET_BIND_SERVICE', 'SETGID'],
      programs: {
        [PROGRAM]: {
          command: ['dnsmasq', '--keep-in-foreground', '--user=root', ...own],
          ready: [listening(dns, port)],
          after: [],
        },
      },
    };
  },
  bounds: [{ alone: 'dns', called: 'one name server' }],
  asked: { ask: ['-d'], probe: 'dns-tcp' },
  tells: true,
  cutShort: false,
  held: () => 0,
};

/** The same name server, asked by datagrams. */
export const dnsOverUdp: App = { ...dns, by: dns, asked: { ask: ['-u', '-d'], probe: 'dns-udp' } };
