import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lab } from '../lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lvslab-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NO_ENGINE = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' }, cwd: folder };
const conf = (priority: number) => `vrrp_instance V {
  interface ens1
  virtual_router_id 1
  priority ${priority}
  virtual_ipaddress { 10.0.0.100/24 }
}
virtual_server 10.0.0.100 80 {
  lb_kind DR
  real_server 10.0.0.2 80 { HTTP_GET { url { digest 0 } } }
}
virtual_server 10.0.0.100 81 {
  lb_kind DR
  real_server 10.0.0.2 81 { weight 1 }
}
`;

describe('lab import', () => {
  it('writes a lab that is valid, and tells guesses and what is not carried over', async () => {
    writeFileSync(join(folder, 'a.conf'), conf(90));
    writeFileSync(join(folder, 'b.conf'), conf(100));
    const { code, stdout } = await lab(
      ['import', 'a.conf', 'b.conf', '--role', 'b.conf,a.conf', '--dir', 'Mine_1'],
      NO_ENGINE,
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining('wrote Mine_1/lab.yaml: 2 directors, 1 service')]);
    expect(stdout).toMatch(/Mine_1\/lab\.yaml:\d+ lb1’s address on lan is not known: 10\.0\.0\.254 is free/);
    expect(stdout).toMatch(/^ {2}b\.conf:9 service tcp 10\.0\.0\.100:80 is not carried over: .*digest/m);
    const yaml = readFileSync(join(folder, 'Mine_1/lab.yaml'), 'utf8');
    expect(yaml).toMatch(/^lab: mine-1$/m);
    expect(yaml).toMatch(/priorities: \{ lb1: 100, lb2: 90 \}/);
    expect(yaml).toMatch(/# guess: lb1’s address on lan/);
    expect(readFileSync(join(folder, 'Mine_1/lb1/keepalived.conf'), 'utf8')).toBe(conf(100));
    expect((await lab(['validate', 'Mine_1/lab.yaml'], NO_ENGINE)).code).toBe(0);
  });

  it('overwrites no lab', async () => {
    const { code, stderr } = await lab(['import', 'a.conf', '--dir', 'Mine_1'], NO_ENGINE);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Mine_1/lab.yaml exists already')]);
  });

  it('tells mistakes of a configuration with their places, and writes nothing', async () => {
    writeFileSync(join(folder, 'bad.conf'), 'virtual_server 10.0.0.1 80 {\n  real_server 10.0.0.2 80 {\n}\n');
    const { code, stderr } = await lab(['import', 'bad.conf', '--dir', 'bad'], NO_ENGINE);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^bad\.conf:1:1 the block "virtual_server 10\.0\.0\.1 80"/),
    ]);
    expect(existsSync(join(folder, 'bad'))).toBe(false);
  });

  it('tells a file or a folder that is not there', async () => {
    const gone = await lab(['import', 'gone.conf', '--dir', 'gone'], NO_ENGINE);
    expect([gone.code, gone.stderr]).toEqual([2, 'gone.conf: does not exist\n']);
    const facts = await lab(['import', 'a.conf', '--facts', 'nowhere', '--dir', 'gone'], NO_ENGINE);
    expect([facts.code, facts.stderr]).toEqual([2, 'nowhere: does not exist\n']);
  });
});
