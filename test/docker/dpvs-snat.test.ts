import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { drivers } from '../../src/drivers/index.ts';
import { type LabFile, lab, labOk, writeLab } from '../lab.ts';
import type { Result } from './broken.ts';
import { leavesNothing } from './state.ts';

/** Why labs with DPVS are not tested here: the user's own build is missing. */
const missing = drivers.dpvs.missing();

const CHANGED = 'controls-snat';
const PLAIN = 'controls-hooks';
const folder = leavesNothing('dpvs-snat', (name) => name === CHANGED || name === PLAIN);

/** The lab in which keepalived sets up SNAT, under another name. */
function snatLab(name: string, change: (text: string) => string = (text) => text): LabFile {
  const file = parse(readFileSync('labs/snat-keepalived/lab.yaml', 'utf8'), { merge: true }) as LabFile;
  return { ...(parse(change(stringify(file, { aliasDuplicateObjects: false }))) as LabFile), lab: name };
}

/** One way to break a director that runs, how it is mended, and the check that must name it. */
interface Control {
  readonly broken: string;
  readonly by: string;
  readonly mended: string;
  readonly caughtBy: string;
  readonly seen: RegExp;
}

const TCP = '-H proto=tcp,src-range=192.168.100.1-192.168.100.254,oif=dpdk0';
const OTHER = '-H proto=tcp,src-range=192.168.7.1-192.168.7.254,oif=dpdk0';
const until = (command: string) => `timeout 30 sh -c 'until ${command}; do sleep 0.1; done'`;
/** keepalived has found the address good: it has a server in each service, and its hook has given dpdk0 the address. */
const TRANSLATES = until('[ "$(ipvsadm -ln | grep -c SNAT)" = 3 ] && dpip addr show | grep -q 123.1.2.3');
const CONTROLS: readonly Control[] = [
  {
    broken: 'its scheduler is another one',
    by: `ipvsadm -E ${TCP} -s wlc`,
    mended: `ipvsadm -E ${TCP} -s rr`,
    caughtBy: 'table.snat',
    seen: /oif=dpdk0 wlc →/,
  },
  {
    broken: 'the director translates for another network, too',
    by: `ipvsadm -A -s rr ${OTHER}`,
    mended: `ipvsadm -D ${OTHER}`,
    caughtBy: 'table.services',
    seen: /from=192\.168\.7\.1-192\.168\.7\.254/,
  },
  {
    broken: 'the check of its address fails',
    by: `touch /run/aside && ${until('! ipvsadm -ln | grep -q SNAT')}`,
    mended: `rm /run/aside && ${TRANSLATES}`,
    caughtBy: 'table.snat',
    seen: /oif=dpdk0 rr → no address/,
  },
  {
    broken: 'keepalived is stopped',
    by: 'svc stop keepalived',
    mended: `svc start keepalived && ${TRANSLATES}`,
    caughtBy: 'table.snat',
    seen: /^no such service/,
  },
];

interface Report {
  readonly results: readonly (Result & { readonly step: string })[];
}

describe.skipIf(missing !== undefined)(`SNAT by keepalived (${missing ?? 'a build is here'})`, () => {
  const report = () => mkdtempSync(join(folder, 'c-'));
  beforeAll(async () => {
    await labOk(['up', writeLab(folder, { ...snatLab(CHANGED), scenario: [{ contract: 'out1' }] })]);
  });
  afterAll(async () => {
    await labOk(['down', CHANGED]);
  });

  it.each(CONTROLS)('$broken: $caughtBy', async ({ by, mended, caughtBy, seen }) => {
    await labOk(['exec', CHANGED, 'lb', '--', 'sh', '-ec', by]);
    const { stdout } = await lab(['test', CHANGED, '--json', '--report', report()]);
    await labOk(['exec', CHANGED, 'lb', '--', 'sh', '-ec', mended]);
    const { results } = JSON.parse(stdout) as Report;
    expect(results.find((r) => r.id === caughtBy && r.verdict === 'failed')?.seen, stdout).toMatch(seen);
  });

  it('passes again when it is mended', async () => {
    await labOk(['test', CHANGED, '--again', '2', '--report', report()]);
  });
});
