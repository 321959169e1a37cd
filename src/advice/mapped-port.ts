import { MODES } from '../model/words.ts';
import { modes } from '../modes/index.ts';
import { endpoint } from '../net/cidr.ts';
import type { Rule } from './rule.ts';

export const mappedPort: Rule = {
  id: 'mapped-port',
  title: 'a mapped port in a mode that keeps ports',
  why: 'In DR and TUN the director does not touch the packet, so it arrives with the port that the client asked: the port of a real_server that differs from its virtual_server’s has no effect but on health checks (ipvsadm(8), -r).',
  instead: 'Let the real server listen on the service’s port, or use NAT, which maps ports.',
  find: ({ confs }) =>
    [...confs].flatMap(([node, { services }]) =>
      services.flatMap(({ vip, port, reals }) =>
        reals
          .filter(
            (real) => port !== 0 && real.port !== port && MODES.some((m) => m === real.mode && !modes[m].mapsPorts),
          )
          .map((real) => ({
            at: { place: real.place },
            message: `${node} forwards ${endpoint(vip.text, port)} to port ${real.port} of ${real.address.text} by ${real.mode.toUpperCase()}, which does not change ports: packets arrive at port ${port}`,
          })),
      ),
    ),
};
