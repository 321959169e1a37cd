/** What the page of a report shows, from a report that was recorded: one lab that passed, one that was broken. */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { labNames } from '../../src/lab/names.ts';
import { readLab } from '../../src/lab/read.ts';
import { found } from '../../src/model/lookup.ts';
import type { PageData, Picture } from '../../src/page/data.ts';
import { hrefOf } from '../../src/page/files.ts';
import { pageOf } from '../../src/page/folder.ts';
import { pictureOf } from '../../src/page/picture.ts';
import { waysOf } from '../../src/page/ways.ts';
import { writeHtml } from '../../src/page/write.ts';

const RECORDED = 'test/report';
const LIMITS = { fileBytes: 64 * 1024, samples: 2000 };
const SHELL = '<main>@@DATA@@</main>';

const folders: string[] = [];
/** Returns a copy of the recorded report, which a test may change. */
function copied(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-page-'));
  folders.push(folder);
  cpSync(RECORDED, folder, { recursive: true });
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const read = (folder = RECORDED): PageData => pageOf(folder, '2026-11-30T12:00:00.000Z', LIMITS);
const labOf = (data: PageData, name: string) =>
  found(
    data.labs.find((l) => l.name === name),
    name,
  );
const checkOf = (data: PageData, lab: string, id: string) =>
  found(
    labOf(data, lab)
      .steps.flatMap((s) => s.checks)
      .find((c) => c.id === id),
    id,
  );

describe('the page of a report', () => {
  const data = read();

  it('has every lab of the folder, with links into its own', () => {
    expect(data.labs.map((l) => [l.name, l.folder, l.counts.failed])).toEqual([
      ['dr-one-arm', 'dr-one-arm', 5],
      ['fnat-keepalived', 'fnat-keepalived', 0],
    ]);
    expect(checkOf(data, 'dr-one-arm', 'dr.bypass').evidence).toEqual([
      { name: 'lan.pcap', about: 'tcp.port == 80', href: './dr-one-arm/lan.pcap' },
    ]);
  });

  it('has one lab where the folder is that of one', () => {
    const [lab, ...others] = read(join(RECORDED, 'dr-one-arm')).labs;
    expect([lab?.folder, others]).toEqual(['', []]);
    expect(lab?.files.find((f) => f.name === 'lan.pcap')?.href).toBe('./lan.pcap');
  });

  it('tells runs of one lab apart by their folders', () => {
    const folder = copied();
    cpSync(join(folder, 'dr-one-arm'), join(folder, 'again', 'dr-one-arm'), { recursive: true });
    expect(read(folder).labs.map((l) => l.name)).toEqual([
      'dr-one-arm (again/dr-one-arm)',
      'dr-one-arm (dr-one-arm)',
      'fnat-keepalived',
    ]);
  });

  it('shows a merged report, also the labs of which only results are left', () => {
    const folder = copied();
    const kept = ['dr-one-arm', 'fnat-keepalived'].map(
      (name) => JSON.parse(readFileSync(join(folder, name, 'results.json'), 'utf8')) as object,
    );
    writeFileSync(join(folder, 'results.json'), JSON.stringify(kept));
    rmSync(join(folder, 'dr-one-arm'), { recursive: true });
    const data = read(folder);
    expect(data.labs.map((l) => [l.name, l.folder, l.picture !== undefined, l.files.length > 0])).toEqual([
      ['dr-one-arm', 'dr-one-arm', false, false],
      ['fnat-keepalived', 'fnat-keepalived', true, true],
    ]);
  });

  it('reads no folder outside, whatever a merged report names', () => {
    const folder = copied();
    const path = join(folder, 'dr-one-arm', 'results.json');
    const report = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify([report, { ...report, lab: '../fnat-keepalived' }]));
    expect(() => read(folder)).toThrow(Failure);
  });

  it('gives each check of a step its own key', () => {
    for (const { steps } of data.labs)
      for (const { checks } of steps) expect(new Set(checks.map((c) => c.key)).size).toBe(checks.length);
  });

  it('shows the frames that decided a check, and marks the wrong ones', () => {
    const { frames } = checkOf(data, 'dr-one-arm', 'dr.bypass');
    expect(frames.filter((f) => f.wrong).map((f) => [f.from, f.to, f.src, f.protocol])).toEqual(
      Array(3).fill(['rs1', 'lb', '192.168.100.254:80', 'TCP']),
    );
    expect(frames.filter((f) => !f.wrong).map((f) => [f.from, f.to])).toEqual(Array(3).fill(['rs2', 'client']));
    expect(frames[0]?.at).toBe(0);
    expect(frames.map((f) => f.at)).toEqual(frames.map((f) => f.at).sort((a, b) => a - b));
  });

  it('tells what VRRP and ARP frames say', () => {
    expect(checkOf(data, 'fnat-keepalived', 'failover.master').frames.at(-1)).toMatchObject({
      from: 'lb2',
      to: 'all',
      protocol: 'VRRPv2',
      info: 'id 123, priority 80, 192.168.100.254',
    });
    expect(checkOf(data, 'fnat-keepalived', 'failover.garp').frames[0]).toMatchObject({
      from: 'lb2',
      protocol: 'ARP',
      info: 'gratuitous',
    });
  });

  it('shows service tables, and the text of small files', () => {
    const { tables, files } = labOf(data, 'fnat-keepalived');
    expect(tables.map((t) => t.node)).toEqual(['lb1', 'lb2']);
    expect(tables[0]?.services).toEqual([
      {
        name: 'tcp 192.168.100.254:80',
        scheduler: 'rr',
        servers: [
          ['192.168.100.2:80', 'Masq', '100'],
          ['192.168.100.3:80', 'Masq', '100'],
        ],
      },
    ]);
    expect(files.find((f) => f.name === 'log-lb1.txt')?.text).toContain('keepalived');
    expect(files.find((f) => f.name === 'lan.pcap')?.text).toBeUndefined();
  });

  it('has neither drawing nor frames where the lab is not in the folder', () => {
    const folder = copied();
    rmSync(join(folder, 'dr-one-arm', 'lab.json'));
    const lab = labOf(read(folder), 'dr-one-arm');
    expect([lab.picture, lab.steps[0]?.checks.flatMap((c) => c.frames)]).toEqual([undefined, []]);
  });

  it('reads a damaged capture up to the damage', () => {
    const folder = copied();
    truncateSync(join(folder, 'dr-one-arm', 'lan.pcap'), 600);
    const few = checkOf(read(folder), 'dr-one-arm', 'dr.bypass').frames.length;
    expect(few).toBeLessThan(6);
    writeFileSync(join(folder, 'dr-one-arm', 'lan.pcap'), Buffer.alloc(64, 'x'));
    expect(checkOf(read(folder), 'dr-one-arm', 'dr.bypass').frames).toEqual([]);
  });

  it('shows nothing hidden', () => {
    const folder = copied();
    const file = join(folder, 'dr-one-arm', 'results.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('DPVS tutorial', 'DPVS \\u202etutorial\\u001b[2J'));
    expect(labOf(read(folder), 'dr-one-arm').source).toContain('DPVS \\u202etutorial\\x1b[2J');
  });

  it('is refused where there is no report, or another file', () => {
    const folder = copied();
    expect(() => read(join(folder, 'none'))).toThrow(Failure);
    writeFileSync(join(folder, 'dr-one-arm', 'results.json'), '{"lab": 1}');
    expect(() => read(folder)).toThrow(Failure);
  });
});

describe('the timeline of a fault', () => {
  const [timeline, ...others] = labOf(read(), 'fnat-keepalived').steps.flatMap((s) => s.timelines);

  it('is there once for each fault', () => expect([timeline?.title, others]).toEqual(['lb1 killed', []]));

  it('has the fault at zero, and its end', () =>
    expect(timeline?.marks.filter((m) => m.kind !== 'wait').map((m) => [m.kind, m.text, m.at > 0])).toEqual([
      ['fault', 'lb1 killed', false],
      ['heal', 'lb1 started again', true],
    ]));

  it('has every lost connection, and the outage where it was', () => {
    const { figures } = checkOf(read(), 'fnat-keepalived', 'failover.outage');
    const [outage] = timeline?.outages ?? [];
    expect(timeline?.probes[0]?.fresh.lost.length).toBe(figures['lost']);
    expect(outage).toMatchObject({
      check: 'failover.outage:web',
      outage: figures['outage'],
      budget: 3687.5,
      margin: 1000,
      words: '3 × 1.00 s + (256 − 80)/256 × 1.00 s',
    });
    expect(outage?.from).toBeCloseTo(found(figures['firstLossAfter'], 'first loss'), 0);
  });

  it('shows who was master: one, then the other', () => {
    const lanes = Object.fromEntries((timeline?.lanes ?? []).map((l) => [l.node, l]));
    const [before, taken] = [lanes['lb1']?.reigns[0], lanes['lb2']?.reigns[0]];
    expect(before?.to).toBeLessThan(100);
    expect(taken?.from).toBeCloseTo(
      found(checkOf(read(), 'fnat-keepalived', 'failover.master').figures['advertAfter'], 'advert'),
      0,
    );
    expect(lanes['lb2']?.announced[0]?.address).toBe('192.168.100.254');
  });

  it('keeps the edges of an outage when samples are left out', () => {
    const few = pageOf(RECORDED, '', { fileBytes: 0, samples: 20 });
    const [thin] = labOf(few, 'fnat-keepalived').steps.flatMap((s) => s.timelines);
    const [all, kept] = [timeline?.probes[0]?.fresh, thin?.probes[0]?.fresh];
    expect(kept?.at.length).toBeLessThan(all?.at.length ?? 0);
    expect(kept?.lost.length).toBeGreaterThan(1);
  });
});

describe('the drawing of a lab', () => {
  const pictures = labNames().map((name): [string, Picture] => {
    const made = readLab(join('labs', name, 'lab.yaml'));
    if (!made.ok) throw new Error(name);
    return [name, pictureOf(made.value)];
  });

  it.each(pictures)('%s: no node covers another, no stem runs through one, all is inside', (_, picture) => {
    const { boxes, stems, wires, ways } = picture;
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        expect(
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
          `${a.name} and ${b.name}`,
        ).toBe(true);
    for (const stem of stems)
      for (const box of boxes) {
        const [top, bottom] = [Math.min(stem.from, stem.to), Math.max(stem.from, stem.to)];
        const through = stem.x > box.x && stem.x < box.x + box.width && top < box.y + box.height && bottom > box.y;
        expect(through, `${stem.node} through ${box.name}`).toBe(false);
      }
    for (const { x, y, width, height } of boxes)
      expect(x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height).toBe(true);
    for (const w of wires) expect(w.to).toBeGreaterThan(w.from);
    for (const way of ways) for (const line of way.requests) expect(line.length).toBeGreaterThan(1);
  });
});

describe('report.html', () => {
  it('holds the data of the page', () => {
    const folder = copied();
    const path = writeHtml(folder, SHELL);
    const html = readFileSync(path, 'utf8');
    const packed = found(/<main>([\w+/=]+)<\/main>/.exec(html)?.[1], 'data');
    const held = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as PageData;
    expect(held.labs).toEqual(read(folder).labs);
    expect(readdirSync(folder)).toContain('report.html');
  });

  it('is made anew from the same folder, and does not name itself', () => {
    const folder = copied();
    writeHtml(join(folder, 'dr-one-arm'), SHELL);
    writeHtml(join(folder, 'dr-one-arm'), SHELL);
    expect(read(join(folder, 'dr-one-arm')).labs[0]?.files.map((f) => f.name)).not.toContain('report.html');
  });

  it('stays below 5 MB: it leaves out the text of files first, and says so', () => {
    const folder = copied();
    for (let i = 0; i < 200; i++)
      writeFileSync(join(folder, 'dr-one-arm', `log-${i}.txt`), randomBytes(45_000).toString('base64'));
    const html = readFileSync(writeHtml(folder, SHELL), 'utf8');
    expect(html.length).toBeLessThan(5_000_000);
    const packed = found(/<main>([\w+/=]+)<\/main>/.exec(html)?.[1], 'data');
    const held = JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as PageData;
    expect(held.shortened).toContain('Only files below 8 KiB');
  });

  it('links a file by its name alone, whatever it is', () => {
    expect(hrefOf('', 'javascript:alert(1)')).toBe('./javascript%3Aalert(1)');
    expect(hrefOf('a b/ü', '"><img src=x>.txt')).toBe('./a%20b/%C3%BC/%22%3E%3Cimg%20src%3Dx%3E.txt');
  });
});

describe('the way of packets', () => {
  const waysIn = (name: string) => {
    const made = readLab(join('labs', name, 'lab.yaml'));
    if (!made.ok) throw new Error(name);
    const words = (hops: readonly { from: string; segment: string; to: string }[] = []) =>
      hops.map((h) => `${h.from} ${h.segment} ${h.to}`);
    const [first] = waysOf(made.value);
    return { requests: words(first?.requests), replies: words(first?.replies) };
  };

  it('goes to the director and on, and the same way back in Full-NAT', () =>
    expect(waysIn('fnat-two-arm')).toEqual({
      requests: ['client wan lb', 'lb lan rs1', 'lb lan rs2'],
      replies: ['rs1 lan lb', 'lb wan client', 'rs2 lan lb'],
    }));

  it('passes the director by on the way back in direct routing', () =>
    expect(waysIn('dr-two-arm').replies).toEqual(['rs1 lan gw', 'gw wan client', 'rs2 lan gw']));

  it('goes back through the director that is the gateway', () =>
    expect(waysIn('dr-gateway').replies.filter((hop) => hop.includes('client'))).toEqual(['lb dmz client']));

  it('takes the wires below the bond that has the address', () =>
    expect(waysIn('fnat-bond').requests.slice(0, 2)).toEqual(['client wan switch', 'switch dpdk2 lb']));
});
