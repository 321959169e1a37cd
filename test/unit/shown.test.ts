import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { readLab } from '../../src/lab/read.ts';
import { checkLab } from '../../src/lab/resolve.ts';
import { readSource } from '../../src/lab/source.ts';
import { DRIVERS, type DriverName } from '../../src/model/words.ts';
import { fail, ok } from '../../src/result.ts';

const FILES: Readonly<Record<string, Buffer>> = {
  'table.txt': Buffer.from('TCP  10.0.0.100:80 rr\n  -> 192.168.100.2:80  FullNat 1  0  0\n'),
  'routes.txt': Buffer.from('inet 10.0.0.0/16 dev dpdk1\ninet 192.168.100.0/24 dev dpdk0\n'),
  'blank.txt': Buffer.from('\n  \n'),
  'picture.png': Buffer.from([0x89, 0x50, 0xff]),
};

const HEAD = readFileSync('labs/fnat-two-arm/lab.yaml', 'utf8').replace(/\nscenario:[\s\S]*/, '\n');

/** The lab fnat-two-arm with one expectation: its scenario, or its mistakes. */
function read(shows: string, driver?: DriverName) {
  const source = readSource('lab.yaml', Buffer.from(`${HEAD}scenario: [{ check: { shows: { ${shows} } } }]\n`));
  if (!source.ok) throw new Error('the lab cannot be read');
  const beside = (path: string) => {
    const bytes = FILES[path];
    return bytes ? ok({ bytes, mode: 0o644 }) : fail('does not exist');
  };
  const lab = checkLab(source.value, beside, { driver });
  return lab.ok ? { steps: lab.value.scenario } : { mistakes: lab.error.map(formatDiagnostic).join('\n') };
}
const linesOf = (shows: string) =>
  read(shows, 'dpvs').steps?.map((s) => s.kind === 'check' && s.expect.kind === 'shows' && s.expect.shown.lines);

describe('what a document shows', () => {
  it('is expected line by line, by the names of the lab', () =>
    expect(linesOf('on: lb, do: dpip route show, file: routes.txt, called: { dpdk1: dpdk0, dpdk0: dpdk1 }')).toEqual([
      ['inet 10.0.0.0/16 dev dpdk0', 'inet 192.168.100.0/24 dev dpdk1'],
    ]));

  it('may have a line less, in the document’s words, and one more, in the lab’s', () =>
    expect(
      linesOf(
        'on: lb, do: x, file: routes.txt, called: { dpdk1: dpdk0, dpdk0: dpdk1 }, without: inet 10.0.0.0/16   dev dpdk1, besides: "inet 10.0.0.0/16 src 10.0.0.1 dev dpdk0"',
      ),
    ).toEqual([['inet 192.168.100.0/24 dev dpdk1', 'inet 10.0.0.0/16 src 10.0.0.1 dev dpdk0']]));

  it('may have a real server more below a service that it shows, too', () =>
    expect(
      linesOf('on: lb, do: x, file: table.txt, besides: "TCP 10.0.0.100:80 rr\\n  -> 192.168.100.3:80 FullNat 1 0 0"'),
    ).toEqual([
      [
        'TCP 10.0.0.100:80 rr',
        'TCP 10.0.0.100:80 rr | -> 192.168.100.2:80 FullNat 1',
        'TCP 10.0.0.100:80 rr | -> 192.168.100.3:80 FullNat 1',
      ],
    ]));

  it('is for one driver only, if it says so', () => {
    const shows = 'on: lb, do: x, file: table.txt, driver: dpvs';
    expect(read(shows, 'dpvs').steps).toHaveLength(1);
    expect(read(shows, 'ipvs').steps).toEqual([]);
    expect(read(shows).steps).toEqual([]);
    expect(read('on: lb, do: x, file: table.txt').steps).toHaveLength(1);
  });

  it.each([
    ['on: lb, do: x', /has no "file": expected a path relative to the lab file/],
    ['on: lb, do: x, file: tabel.txt', /the file "tabel\.txt" does not exist/],
    ['on: lb, do: x, file: blank.txt', /the file "blank\.txt" has no line to compare/],
    ['on: lb, do: x, file: picture.png', /the file "picture\.png" is no text in UTF-8/],
    ['on: lb9, do: x, file: table.txt', /there is no node "lb9"; did you mean "lb"\?/],
    ['on: rs1, do: x, file: table.txt, driver: dpvs', /"rs1" is a realserver; expected a director/],
    ['on: lb, do: x, file: table.txt, driver: lvs', /expected one of ipvs, dpvs, not "lvs"/],
    ['on: lb, do: x, file: table.txt, called: { dpdk0: eth0 }', /the file "table\.txt" has no name "dpdk0"/],
    ['on: lb, do: x, file: table.txt, called: { TCP: "a b" }', /expected a name without spaces, not "a b"/],
    ['on: lb, do: x, file: table.txt, without: UDP 1', /the file "table\.txt" has no line "UDP 1"/],
    [
      'on: lb, do: x, file: table.txt, besides: "TCP 10.0.0.100:80 rr"',
      /the file "table\.txt" has this line, too: "TCP 10\.0\.0\.100:80 rr"/,
    ],
    ['on: lb, do: x, file: table.txt, besides: " "', /expected one or more lines of output/],
    ['on: lb, do: x, file: table.txt, prints: a', /unknown key "prints"/],
  ])('with a mistake: %s', (shows, told) => expect(read(shows).mistakes).toMatch(told));
});

describe('a lab whose document shows outputs', () => {
  const shown = readdirSync('labs').flatMap((name) => {
    const labs = DRIVERS.map((driver) => readLab(`labs/${name}/lab.yaml`, { driver }));
    const steps = labs.flatMap((lab) => (lab.ok ? lab.value.scenario : []));
    const files = steps.flatMap((s) => (s.kind === 'check' && s.expect.kind === 'shows' ? s.expect.shown.file : []));
    return [...new Set(files)].map((file) => [name, file]);
  });

  it.each(shown)('%s has %s in its README, word for word', (name = '', file = '') => {
    const readme = readFileSync(`labs/${name}/README.md`, 'utf8');
    const document = readFileSync(`labs/${name}/${file}`, 'utf8').trimEnd();
    expect(readme).toContain(document.replaceAll(/^(?=.)/gm, '    '));
  });
});
