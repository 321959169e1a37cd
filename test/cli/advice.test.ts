import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-advice-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NO_ENGINE = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' }, cwd: folder };
writeFileSync(
  join(folder, 'lab.yaml'),
  `lab: x
segments: { lan: 10.0.0.0/24 }
nodes:
  c: { kind: client, lan: 10.0.0.9 }
  lb1: { kind: director, lan: 10.0.0.1 }
  lb2: { kind: director, lan: 10.0.0.2 }
  rs: { kind: realserver, lan: 10.0.0.3 }
services:
  web: { vip: 10.0.0.100, port: 80, mode: dr, reals: { rs: 1 } }
vrrp:
  V:
    on: lan
    id: 1
    priorities: { lb1: 90, lb2: 90 }
    addresses: [web]
`,
);
const FOUND = 'lab.yaml:14:24 advice equal-priorities: lb2 and lb1 have priority 90 in V: whoever becomes master';

describe('advice', () => {
  it('is told by validate at its place, with how to turn it off, and is no mistake', async () => {
    const { code, stdout } = await lab(['validate', './lab.yaml'], NO_ENGINE);
    expect(code).toBe(0);
    expect(stdout).toContain(`${FOUND} first stays it\n        priorities: { lb1: 90, lb2: 90 }\n`);
    expect(stdout).toContain('`advice: { equal-priorities: "the reason" }` in the lab file turns it off');
  });

  it('is in the JSON of validate', async () => {
    const { stdout } = await lab(['validate', './lab.yaml', '--json'], NO_ENGINE);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        ok: true,
        mistakes: [],
        advice: [
          {
            id: 'equal-priorities',
            file: 'lab.yaml',
            place: { line: 14, column: 24, length: 2 },
            why: expect.stringContaining('RFC 5798'),
            off: 'advice: { equal-priorities: "the reason" }',
          },
        ],
      },
    ]);
  });

  it('is told by up in two lines on stderr', async () => {
    const { stderr } = await lab(['up', './lab.yaml', '--name', 'advised'], NO_ENGINE);
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^advice equal-priorities: lab\.yaml:14:24 lb2 and lb1 have priority 90 in V/),
      '  (`lab validate ./lab.yaml` shows it in full, and how to turn it off)',
    ]);
  });

  it('is told by import, with the place in the configuration', async () => {
    const conf = (more: string) => `vrrp_instance V {
  interface eth0
  virtual_router_id 1
  ${more}
  virtual_ipaddress { 10.0.0.100/24 }
}
virtual_server 10.0.0.100 80 {
  lb_kind DR
  real_server 10.0.0.3 80 { TCP_CHECK { connect_timeout 1 } }
}
`;
    writeFileSync(join(folder, 'a.conf'), conf('priority 100'));
    writeFileSync(join(folder, 'b.conf'), conf('priority 90\n  advert_int 3'));
    const { code, stdout } = await lab(['import', 'a.conf', 'b.conf', '--dir', 'made'], NO_ENGINE);
    expect(code).toBe(0);
    expect(stdout).toContain('made/lb2/keepalived.conf:5:3 advice advert-differs: lb2 sends adverts of V every 3.00 s');
  });
});
