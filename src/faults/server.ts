import { appOf } from '../apps/index.ts';
import type { Control } from '../drivers/driver.ts';
import { driverOf } from '../drivers/index.ts';
import type { Lab } from '../model/lab.ts';
import { directors, nodeOf } from '../model/lookup.ts';
import type { Real, Service } from '../model/service.ts';
import { parseAddress } from '../net/cidr.ts';
import { parseDuration } from '../net/duration.ts';
import type { Hand } from '../plan/hand.ts';
import { shell } from '../shell.ts';
import type { FaultStory, Stamp } from './fault.ts';
import { announcedBy, configure } from './routing.ts';

/** Where a node is a real server: each service, with its entry there. */
export function places(lab: Lab, node: string): readonly { service: Service; real: Real }[] {
  return lab.services.flatMap((service) =>
    service.reals.filter((r) => r.node === node).map((real) => ({ service, real })),
  );
}

/** Does something to a real server in the table of every director that runs. */
async function weigh(
  hand: Hand,
  node: string,
  command: (control: Control, service: Service, real: Real) => readonly string[],
): Promise<Stamp> {
  const balancers = directors(hand.lab).filter((d) => hand.running.nodes.get(d.name)?.running);
  const stamps = await Promise.all(
    balancers.map(async (d) => {
      const control = driverOf(d).control((command) => hand.run(d.name, command));
      const each: Stamp[] = [];
      for (const { service, real } of places(hand.lab, node))
        each.push((await hand.timed(d.name, command(control, service, real))).at);
      return each;
    }),
  );
  return stamps.flat().length > 0 ? Math.min(...stamps.flat()) : hand.now();
}

/** The cost of its VIPs that makes a director the last choice; they stand on lo. */
const WORST_COST = 'ip ospf cost 65535';

/** A real server gets no new connection, and keeps those it has; a director that announces by OSPF is the last choice of its neighbours. */
export const drain: FaultStory = {
  aim: 'server or announcer',
  summary:
    'weight 0 on every director: no new connection, those that are open stay; of a director: the worst metric (OSPF)',
  words: ({ node }) => [`${node} drained`, `${node} has its weight again`],
  adverts: () => 'go on',
  routing: () => 'told',
  serving: () => 'keeps',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  inject: (hand, { node }) =>
    announcedBy(hand.lab, node).length > 0
      ? configure(hand, node, ['interface lo', WORST_COST])
      : weigh(hand, node, (control, service, real) => control.setWeight(service, real, 0)),
  heal: (hand, { node }) =>
    announcedBy(hand.lab, node).length > 0
      ? configure(hand, node, ['interface lo', `no ${WORST_COST}`])
      : weigh(hand, node, (control, service, real) => control.restoreWeight(service, real, real.weight)),
};

/** The programs that serve on a real server. */
function programsOf(lab: Lab, node: string): readonly string[] {
  return [...new Set(places(lab, node).flatMap(({ service }) => appOf(service).program ?? []))];
}

/** The real server's programs stand still most of the time. */
export const slow: FaultStory = {
  aim: 'server',
  amount: { expects: 'a time such as 200ms', standard: '200ms', fits: (t) => (parseDuration(t) ?? 0) > 0 },
  summary: 'the real server answers up to so much later: its programs stand still in between',
  words: ({ node, amount }) => [`${node} answers up to ${amount} late`, `${node} answers at once`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  async inject(hand, { node, amount = '' }) {
    const { at } = await hand.timed(
      node,
      shell(
        `pause=$1; shift
pidof "$@" > /dev/null
touch /run/fault-slow
loop='pause=$1; shift; exec 9> /run/fault-slow.runs; flock -n 9 || exit 0
while [ -e /run/fault-slow ]; do kill -STOP $(pidof "$@"); sleep $pause; kill -CONT $(pidof "$@"); sleep 0.01; done'
(setsid sh -c "$loop" sh $pause "$@" > /dev/null 2>&1 &)`,
        String((parseDuration(amount) ?? 0) / 1000),
        ...programsOf(hand.lab, node),
      ),
    );
    return at;
  },
  async heal(hand, { node }) {
    await hand.run(
      node,
      shell(
        `rm -f /run/fault-slow
[ ! -e /run/fault-slow.runs ] || flock -w 10 /run/fault-slow.runs rm -f /run/fault-slow.runs
kill -CONT $(pidof "$@") || true`,
        ...programsOf(hand.lab, node),
      ),
    );
    return hand.now();
  },
};

/** A node says that an address is its own, though another holds it. */
export const poison: FaultStory = {
  aim: 'node',
  amount: { expects: 'the IPv4 address that it claims', fits: (t) => parseAddress(t)?.family === 4 },
  summary: 'the node claims an address that is not its own, by gratuitous ARP',
  words: ({ node, amount }) => [`${node} claims ${amount}`, `${node} claims ${amount} no more`],
  adverts: () => 'go on',
  routing: () => 'stays',
  serving: () => 'open',
  sparesBackup: false,
  returnsUnaware: () => false,
  node: () => 'runs',
  async inject(hand, { node, amount = '' }) {
    const device = nodeOf(hand.lab, node).interfaces[0]?.name ?? '';
    const { at } = await hand.timed(
      node,
      shell(
        `ip addr add $1/32 dev $2; arping -q -U -c 2 -w 1 -I $2 -s $1 $1 || true; ip addr show dev $2 | grep -qF "inet $1/"`,
        amount,
        device,
      ),
    );
    return at;
  },
  async heal(hand, { node, amount = '' }) {
    const device = nodeOf(hand.lab, node).interfaces[0]?.name ?? '';
    const { at } = await hand.tryTimed(node, ['ip', 'addr', 'del', `${amount}/32`, 'dev', device]);
    // What an operator does next: whoever holds the address says so again.
    await Promise.all(
      directors(hand.lab).map((d) =>
        hand.tryRun(
          d.name,
          shell(
            `dev=$(ip -o addr show to $1 | awk '{ print $2; exit }'); [ -z "$dev" ] || arping -q -U -c 2 -w 1 -I $dev -s $1 $1`,
            amount,
          ),
        ),
      ),
    );
    return at;
  },
};
