import { nothing } from '../nodes/part.ts';
import { listening, type Server } from './app.ts';

const PROGRAM = 'dnsmasq';

/** A name server for one domain: every name that ends in .lab has an address. */
export const dns: Server = {
  transports: ['udp', 'tcp'],
  program: PROGRAM,
  part(_node, [first]) {
    const port = first?.port ?? 0;
    const own = [`--port=${port}`, '--no-resolv', '--no-hosts', '--address=/lab/192.0.2.1'];
    return {
      ...nothing,
      capabilities: ['NET_BIND_SERVICE'],
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
};
