import { describe, expect, it } from 'vitest';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import type { Lab } from '../../src/model/lab.ts';
import { serviceOf } from '../../src/model/lookup.ts';
import { gatewaysOf } from '../../src/model/way.ts';
import { NO_FILES } from './lab.ts';

function labOf(text: string): Lab {
  const source = readSource('lab.yaml', Buffer.from(text));
  const lab = source.ok ? checkLab(source.value, NO_FILES) : source;
  if (!lab.ok) throw new Error(JSON.stringify(lab.error));
  return lab.value;
}

/** A lab between two segments: `lan` has the real servers, with these routes, and a router at 10.30.0.254. */
function between(routes: string, vrrp = '', more = ''): Lab {
  return labOf(`lab: way
segments: { dmz: 10.20.0.0/24, lan: 10.30.0.0/24 }
nodes:
  client: { kind: client, dmz: 10.20.0.48 }
  lb: { kind: director, dmz: 10.20.0.11, lan: 10.30.0.11 }
  lb2: { kind: director, dmz: 10.20.0.12, lan: 10.30.0.12 }
  gw: { kind: switch, dmz: 10.20.0.254, lan: 10.30.0.254 }
  rs: { kind: realserver, lan: 10.30.0.2, routes: ${routes} }
${more}services:
  web: { vip: 10.20.0.100, port: 80, mode: dr, reals: { rs: 1 } }
vrrp:
  OUT: { on: dmz, id: 1, priorities: { lb: 100, lb2: 80 }, addresses: [web] }
${vrrp}`);
}

const gateways = (lab: Lab) => gatewaysOf(lab, serviceOf(lab, 'web'), 'rs');

describe('the way of a real server’s replies', () => {
  it('leads over a director whose address is the gateway', () => {
    expect(gateways(between('{ default: 10.30.0.11 }'))).toEqual(['lb']);
    expect(gateways(between('{ 10.20.0.0/24: 10.30.0.12, default: 10.30.0.254 }'))).toEqual(['lb2']);
  });

  it('leads over every director that VRRP may give the gateway’s address to', () => {
    const moved = '  IN: { on: lan, id: 2, priorities: { lb: 100, lb2: 80 }, addresses: [10.30.0.1] }';
    expect(gateways(between('{ default: 10.30.0.1 }', moved))).toEqual(['lb', 'lb2']);
  });

  it('leads over none where a router is the gateway, or the most specific route', () => {
    expect(gateways(between('{ default: 10.30.0.254 }'))).toEqual([]);
    expect(gateways(between('{ 10.20.0.0/24: 10.30.0.254, default: 10.30.0.11 }'))).toEqual([]);
    expect(gateways(between('{ 10.20.0.48: blackhole, default: 10.30.0.11 }'))).toEqual([]);
  });

  it('is followed through other nodes', () => {
    const inner = '{ default: 10.30.0.200 }';
    const hop = (to: string) => `  hop: { kind: host, lan: 10.30.0.200, routes: { default: ${to} } }\n`;
    expect(gateways(between(inner, '', hop('10.30.0.11')))).toEqual(['lb']);
    expect(gateways(between(inner, '', hop('10.30.0.254')))).toEqual([]);
    // in a circle
    expect(gateways(between(inner, '', hop('10.30.0.2')))).toEqual([]);
  });

  it('is straight on the client’s own subnet, whatever detour a route takes', () => {
    const lab = labOf(`lab: way
segments: { lan: 10.20.0.0/24 }
nodes:
  client: { kind: client, lan: 10.20.0.48 }
  lb: { kind: director, lan: 10.20.0.11 }
  rs: { kind: realserver, lan: 10.20.0.2, routes: { 10.20.0.48: 10.20.0.11 } }
services:
  web: { vip: 10.20.0.100, port: 80, mode: dr, reals: { rs: 1 } }
`);
    expect(gateways(lab)).toEqual([]);
  });
});
