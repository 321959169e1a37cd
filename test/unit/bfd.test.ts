import { describe, expect, it } from 'vitest';
import { readLab } from '../../src/lab/read.ts';
import { nodeOf } from '../../src/model/lookup.ts';
import { routing } from '../../src/nodes/frr-conf.ts';

describe('BFD beside BGP', () => {
  const read = readLab('labs/dr-bgp/lab.yaml');
  if (!read.ok) throw new Error('labs/dr-bgp is wrong');
  const files = (node: string) => routing(read.value, nodeOf(read.value, node), 'addresses').files;

  it('has sessions of bfdd on a director, which bgpd does not make anew', () => {
    const { '/etc/frr/bfdd.conf': bfdd, '/etc/frr/bgpd.conf': bgpd } = files('lb1');
    expect(bfdd).toContain(' peer 172.20.0.1 local-address 172.20.0.2 interface eth0\n  profile wan\n exit\n');
    expect(bgpd).not.toContain('bfd');
  });

  it('is asked for by bgpd on a router', () => {
    const { '/etc/frr/bfdd.conf': bfdd, '/etc/frr/bgpd.conf': bgpd } = files('switch');
    expect(bgpd).toContain(' neighbor 172.20.0.2 bfd profile wan\n');
    expect(bfdd).not.toContain(' peer ');
  });
});
