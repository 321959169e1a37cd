import { describe, expect, it } from 'vitest';
import { hidesClients, kernelNeeds, needsKernel } from '../../src/layout/kernel-needs.ts';
import type { Lab } from '../../src/model/lab.ts';
import type { LabNode } from '../../src/model/node.ts';
import { fnatLab } from './lab.ts';

const lab = fnatLab();

function withScript(text: string, kind: LabNode['kind'] = 'director'): LabNode {
  const node = lab.nodes.find((n) => n.kind === kind);
  if (!node) throw new Error(`no ${kind}`);
  return { ...node, setup: { path: './x.sh', base64: Buffer.from(text).toString('base64'), mode: 0o755 } };
}

describe('a service over SCTP', () => {
  const over: Lab = { ...lab, services: lab.services.map((s) => ({ ...s, protocol: 'sctp' })) };
  const needs = (kind: LabNode['kind']) =>
    over.nodes.filter((n) => n.kind === kind).flatMap((n) => kernelNeeds(over, n).map(({ need }) => need));
  it('needs a kernel that has it for its client, its director and its real servers', () => {
    const [client, director, real] = (['client', 'director', 'realserver'] as const).map(needs);
    expect(new Set([...(client ?? []), ...(director ?? []), ...(real ?? [])])).toEqual(new Set(['sctp']));
    expect([client, director, real].every((n) => n && n.length > 0)).toBe(true);
  });
  it('or a port of a node’s own list, needs it there', () => {
    const node = { ...lab.nodes[0], serve: [{ port: 3868, protocol: 'sctp' }] } as LabNode;
    expect(kernelNeeds(lab, node)).toEqual([{ need: 'sctp', why: 'it serves a port over SCTP' }]);
  });
});

describe('a setup script', () => {
  it.each([
    ['iptables -t nat -A POSTROUTING -j MASQUERADE', 'iptables'],
    ['ip a\n  ip6tables -A INPUT -j DROP\n', 'ip6tables'],
    ['sudo iptables -F', 'iptables'],
    ['/usr/sbin/iptables-restore < rules', 'iptables-restore'],
    ['nft -f rules.nft', 'nft'],
    ['iptables -A INPUT \\\n  -j DROP', 'iptables'],
  ])('that runs %j needs netfilter', (text, command) =>
    expect(kernelNeeds(lab, withScript(text))).toEqual([{ need: 'netfilter', why: `./x.sh calls ${command}` }]),
  );
  it.each([
    'ip link set eth0 up',
    '# iptables -F',
    'echo iptables -F',
    'iptables --flush || echo "no iptables"',
    'iptables -t nat -A PREROUTING -j DNAT --to 1.2.3.4 && exit 0',
    'if iptables -L; then echo; fi',
    'nftables',
  ])('that runs %j does not', (text) => expect(kernelNeeds(lab, withScript(text))).toEqual([]));
  it('makes a node need a kernel that has it', () => {
    expect(needsKernel(lab, withScript('iptables -F'))).toBe(true);
    expect(needsKernel(lab, withScript('ip link', 'client'))).toBe(false);
  });
  it('says nothing of a node that has the engine’s kernel anyway', () =>
    expect(kernelNeeds(lab, withScript('iptables -F', 'client'))).toEqual([]));
});

describe('a list of needs', () => {
  it('is a need, once', () => {
    const node: LabNode = { ...withScript('iptables -F'), needs: ['netfilter', 'sctp'] };
    expect(kernelNeeds(lab, node)).toEqual([
      { need: 'netfilter', why: 'the lab file says so' },
      { need: 'sctp', why: 'the lab file says so' },
    ]);
  });
});

describe('a director’s script', () => {
  const hides = (text: string) => hidesClients(withScript(text, 'director'), '10.21.0.100');
  it.each([
    'iptables -t nat -A POSTROUTING -m ipvs --vaddr 10.21.0.100/32 --vport 80 -j MASQUERADE',
    'iptables -t nat -A POSTROUTING -j MASQUERADE',
    'iptables -t nat -A POSTROUTING -m ipvs --vaddr 10.21.0.100 -j SNAT --to-source 10.20.0.1',
    'iptables -t nat -A POSTROUTING \\\n  -j MASQUERADE',
  ])('hides the clients with %j', (text) => expect(hides(text)).toBe(true));
  it.each([
    'iptables -t nat -A POSTROUTING -m ipvs --vaddr 10.21.0.10/32 --vport 80 -j MASQUERADE',
    '# iptables -t nat -A POSTROUTING -j MASQUERADE',
    'iptables -t mangle -A PREROUTING -j MARK --set-mark 7',
  ])('does not with %j', (text) => expect(hides(text)).toBe(false));
});
