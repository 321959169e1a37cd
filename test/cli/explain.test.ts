import { describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

const NO_ENGINE = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };
const explain = (...args: string[]) => lab(['explain', ...args], NO_ENGINE);

describe('lab explain', () => {
  it('tells each hop with its cards, why it is taken, and the check that proves it', async () => {
    const { code, stdout } = await explain('tun-one-arm', 'web');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}1 {2}client eth0 \(02:[0-9a-f:]+\) → lb eth0 \(02:[0-9a-f:]+\) on lan$/m);
    expect(stdout).toMatch(/^ {5}packet {2}.*, in ipip 10\.140\.16\.48 → 10\.40\.84\.170$/m);
    expect(stdout).toContain('     proved by tun.source: real servers see the client itself');
  });

  it('tells one service, or one SNAT rule, also as JSON and of another driver', async () => {
    const { stdout } = await explain('snat-gre', 'by-gre', '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      {
        head: expect.stringContaining('by-gre'),
        legs: [{ name: 'request', hops: [{ packet: { outer: { kind: 'gre' } } }, {}] }, {}, {}, {}],
      },
    ]);
    expect((await explain('fnat-two-arm', '--driver', 'dpvs')).stdout).toContain('proved by fnat.toa');
  });

  it.each([
    [['dr-two-arm', 'wob'], /has no service or SNAT rule "wob"; did you mean "web"\?/],
    [['arp-problem'], /has no service and no SNAT rule/],
    [['dr-two-rm'], /there is no lab "dr-two-rm"; did you mean "dr-two-arm"\?/],
  ])('refuses %j with 2', async (args, why) => {
    const { code, stderr } = await explain(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
  });
});
