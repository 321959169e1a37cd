import { ipvs } from '../drivers/ipvs.ts';
import type { ServiceTable } from '../drivers/service-table.ts';
import type { Engine } from '../engine/engine.ts';
import { LABEL } from '../engine/labels.ts';
import { directors, type LabNode } from '../lab/model.ts';
import { endpoint } from '../net/cidr.ts';
import { print, printJson, table } from '../output/print.ts';
import { mustRun, type RunningLab } from '../plan/observe.ts';
import { withSession } from './session.ts';

interface NodeView {
  readonly name: string;
  readonly kind: string;
  readonly kernel: string;
  readonly state: string;
  /** Addresses that it holds now, as its own kernel tells. */
  readonly addresses: readonly { readonly interface: string; readonly address: string }[];
  /** Its programs, and whether they run. */
  readonly programs: readonly string[];
  readonly memoryMb: number;
  /** Services whose VIP it holds now. */
  readonly masterOf: readonly string[];
  readonly table?: ServiceTable;
}

/** `lab inspect`: what a lab is at this moment, from its own kernels. */
export async function inspect(name: string, options: { json?: boolean }): Promise<number> {
  const view = await withSession({ quiet: true }, async ({ engine }) => {
    const running = await mustRun(engine, name);
    const nodes = await Promise.all(running.lab.nodes.map((n) => look(engine, running, n)));
    return {
      name: running.name,
      lab: running.lab.lab,
      source: running.lab.source,
      segments: running.lab.segments,
      services: running.lab.services,
      nodes,
    };
  });
  if (options.json) printJson(view);
  else {
    print(`${view.name}  ${view.source}`);
    print(table([['NODE', 'KIND', 'KERNEL', 'STATE', 'MEMORY', 'ADDRESSES', 'PROGRAMS'], ...view.nodes.map(nodeRow)]));
    for (const node of view.nodes)
      if (node.table)
        print(
          `\n${node.name}${node.masterOf.length > 0 ? ` is master of ${node.masterOf.join(', ')}` : ' is backup'}\n${tableText(node.table)}`,
        );
  }
  return 0;
}

async function look(engine: Engine, running: RunningLab, node: LabNode): Promise<NodeView> {
  const container = running.nodes.get(node.name);
  const base = { name: node.name, kind: node.kind, kernel: container?.labels[LABEL.kernel] ?? '' };
  if (!container?.running)
    return { ...base, state: container ? 'ended' : 'gone', addresses: [], programs: [], memoryMb: 0, masterOf: [] };
  const run = async (command: readonly string[]) =>
    (await engine.exec(container.id, ['nodectl', 'exec', '--', ...command])).stdout;
  const isDirector = directors(running.lab).includes(node);
  const [addressText, programText, memory, serviceTable] = await Promise.all([
    run(['ip', '-json', 'addr', 'show']),
    run(['svc', 'status']),
    engine.memory(container.id),
    isDirector ? ipvs.readTable(run) : undefined,
  ]);
  const addresses = readAddresses(addressText);
  const held = new Set(addresses.map((a) => a.address.replace(/\/\d+$/, '')));
  return {
    ...base,
    state: 'running',
    addresses,
    programs: programText
      .trim()
      .split('\n')
      .filter((l) => l !== ''),
    memoryMb: Math.round(memory / 1024 / 1024),
    masterOf: isDirector ? running.lab.services.filter((s) => held.has(s.vip)).map((s) => s.name) : [],
    ...(serviceTable ? { table: serviceTable } : {}),
  };
}

function readAddresses(json: string): NodeView['addresses'] {
  const links = JSON.parse(json || '[]') as {
    ifname: string;
    addr_info?: { local: string; prefixlen: number; scope: string }[];
  }[];
  return links.flatMap((l) =>
    (l.addr_info ?? [])
      .filter((a) => a.scope === 'global')
      .map((a) => ({ interface: l.ifname, address: `${a.local}/${a.prefixlen}` })),
  );
}

function nodeRow(n: NodeView): readonly string[] {
  return [
    n.name,
    n.kind,
    n.kernel,
    n.state,
    `${n.memoryMb} MB`,
    n.addresses.map((a) => `${a.interface} ${a.address}`).join(', '),
    n.programs.join(', '),
  ];
}

function tableText(t: ServiceTable): string {
  return table(
    t.services.flatMap((s) => [
      [
        `${s.protocol.toUpperCase()} ${endpoint(s.address, s.port)}`,
        s.scheduler,
        '',
        'active',
        'inactive',
        'connections',
        'per second',
      ],
      ...s.reals.map((r) => [
        `  -> ${endpoint(r.address, r.port)}`,
        r.forward,
        `weight ${r.weight}`,
        String(r.activeConnections),
        String(r.inactiveConnections),
        String(r.stats?.connections ?? ''),
        String(r.rate?.connections ?? ''),
      ]),
    ]),
  );
}
