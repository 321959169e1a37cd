import { describe, expect, it } from 'vitest';
import type { Container } from '../../src/engine/engine.ts';
import { containerName, LABEL } from '../../src/engine/labels.ts';
import { linkBatch, verifyWiring } from '../../src/fabric/wiring.ts';
import type { Running } from '../../src/plan/observe.ts';
import { differences, formatPlan, reconcile, removal } from '../../src/plan/reconcile.ts';
import { fnatLab } from './lab.ts';

const lab = fnatLab();
const kernels = new Map(lab.nodes.map((n) => [n.name, n.kind === 'director' ? ('uml' as const) : ('host' as const)]));

function container(node: string | undefined, running = true): Container {
  const name = containerName(lab.name, node);
  return {
    id: `id-${node ?? 'fabric'}`,
    name,
    running,
    state: running ? 'running' : 'ended',
    created: 0,
    labels: { [LABEL.lab]: lab.name, [LABEL.node]: node ?? '', ...(node ? { [LABEL.fabric]: 'id-fabric' } : {}) },
  };
}

function running(
  nodes: readonly string[],
  options: { ended?: readonly string[]; fabric?: boolean; fabricEnded?: boolean } = {},
): Running {
  const fabric = options.fabric === false ? undefined : container(undefined, !options.fabricEnded);
  const list = nodes.map((n) => [n, container(n, !options.ended?.includes(n))] as const);
  return {
    name: lab.name,
    nodes: new Map(list),
    containers: [...(fabric ? [fabric] : []), ...list.map(([, c]) => c)],
    ...(fabric ? { fabric, lab } : {}),
  };
}

const ALL = lab.nodes.map((n) => n.name);

describe('the plan', () => {
  it('for a lab that is not there makes the fabric first, then nodes, then wires', () => {
    expect(
      formatPlan(reconcile(lab, kernels, running([], { fabric: false }))),
    ).toBe(`1 create-fabric lvslab.fnat-keepalived  (new)
2 hold lvslab.fnat-keepalived  (new)
2 create client kernel=host  (new)
2 create lb1 kernel=uml  (new)
2 create lb2 kernel=uml  (new)
2 create rs1 kernel=host  (new)
2 create rs2 kernel=host  (new)
3 start client  (new)
3 start lb1  (new)
3 start lb2  (new)
3 start rs1  (new)
3 start rs2  (new)
4 wire lvslab.fnat-keepalived client,lb1,lb2,rs1,rs2  (new)`);
  });

  it('for a lab that runs is empty', () => expect(reconcile(lab, kernels, running(ALL))).toEqual([]));

  it('for a node that ended starts and wires that node alone', () => {
    expect(formatPlan(reconcile(lab, kernels, running(ALL, { ended: ['lb1'] })))).toBe(`1 start lb1  (it had ended)
2 wire lvslab.fnat-keepalived lb1  (their wires are gone with their network namespaces)`);
  });

  it('for a node whose container is gone makes it again', () => {
    expect(
      formatPlan(reconcile(lab, kernels, running(ALL.filter((n) => n !== 'rs1')))),
    ).toBe(`1 create rs1 kernel=host  (its container is gone)
2 start rs1  (new)
3 wire lvslab.fnat-keepalived rs1  (their wires are gone with their network namespaces)`);
  });

  it('starts over when the fabric has ended, because the wires are gone with it', () => {
    const plan = formatPlan(reconcile(lab, kernels, running(ALL, { fabricEnded: true })));
    expect(plan).toContain('1 remove lvslab.fnat-keepalived.lb1  (its fabric had ended, and the wires with it)');
    expect(plan).toContain('3 create-fabric');
  });

  it('makes nodes anew whose start somebody left unfinished', () => {
    expect(
      formatPlan(reconcile(lab, kernels, running(ALL), { unfinished: ['rs1'] })),
    ).toBe(`1 remove lvslab.fnat-keepalived.rs1  (its start was interrupted)
2 create rs1 kernel=host  (its start was interrupted)
3 start rs1  (new)
4 wire lvslab.fnat-keepalived rs1  (their wires are gone with their network namespaces)`);
  });

  it('starts over when whoever made the lab left it unfinished', () => {
    expect(formatPlan(reconcile(lab, kernels, running(ALL), { unfinished: 'all' }))).toContain(
      '1 remove lvslab.fnat-keepalived.rs1  (it was never finished)',
    );
  });

  it('removes what was made for another fabric of that name', () => {
    const left = { ...container('rs1'), id: 'id-left', labels: { [LABEL.fabric]: 'id-other' } };
    const stands = running(ALL.filter((n) => n !== 'rs1'));
    const plan = reconcile(lab, kernels, { ...stands, containers: [...stands.containers, left] });
    expect(plan[0]).toEqual([expect.objectContaining({ op: 'remove', id: 'id-left' })]);
    expect(plan[1]).toEqual([expect.objectContaining({ op: 'create', target: 'rs1' })]);
  });

  it('starts over when asked to', () => {
    expect(formatPlan(reconcile(lab, kernels, running(ALL), { recreate: true }))).toContain(
      '2 remove lvslab.fnat-keepalived  (--recreate)',
    );
  });

  it('removes nodes before the fabric that tells of them', () => {
    expect(removal(running(['rs1']).containers).map((stage) => stage.map((op) => op.target))).toEqual([
      ['lvslab.fnat-keepalived.rs1'],
      ['lvslab.fnat-keepalived'],
    ]);
  });

  it('names what differs from the lab that runs', () => {
    const other = {
      ...lab,
      services: lab.services.map((s) => ({ ...s, scheduler: 'wrr' as const })),
      nodes: lab.nodes.slice(1),
      scenario: [],
    };
    expect(differences(lab, other)).toEqual([
      'node client is gone',
      'service web has changed',
      'the scenario has changed',
    ]);
    expect(differences(lab, lab)).toEqual([]);
  });
});

describe('the wiring', () => {
  const [client] = lab.nodes;
  const link = (over: object) =>
    JSON.stringify([{ ifname: 'client.0', master: 'lan', flags: ['UP', 'LOWER_UP'], ...over }]);

  it('makes bridges and pairs with their far ends in place', () => {
    expect(linkBatch(lab, [{ node: client as never, token: '', files: {} }], { bridges: true })).toBe(`link set lo up
link add name lan type bridge stp_state 0 forward_delay 0 mcast_snooping 0
link set dev lan up promisc on
link add client.0 type veth peer name eth0 address 02:00:c0:a8:64:92 netns /proc/self/fd/100
link set client.0 master lan up
`);
  });

  it.each([
    ['is as it should be', link({}), []],
    ['lacks a wire', '[]', ['client:eth0 has no wire']],
    ['has a wire in the wrong segment', link({ master: 'wan' }), ['client:eth0 is connected to wan, not to lan']],
    [
      'has a wire whose far end is down',
      link({ flags: ['UP'] }),
      ['client:eth0 is on lan, but its end in the node is down'],
    ],
  ])('that %s is told', (_what, json, expected) => expect(verifyWiring([client as never], json)).toEqual(expected));
});
