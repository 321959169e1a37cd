/** The page of a report as its reader has it, in jsdom: what it shows, that no text becomes markup, and axe's rules. */
import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { PageData } from '../../src/page/data.ts';
import { pageOf } from '../../src/page/folder.ts';
import { mapStrings, visible } from '../../src/visible.ts';
import { open as opened, type Page } from './page.ts';

const data = pageOf('test/report', '2026-11-30T12:00:00.000Z', { fileBytes: 64 * 1024, samples: 2000 });
const alone: PageData = { ...data, labs: data.labs.filter((l) => l.name === 'fnat-keepalived') };

const textOf = (page: Page, selector: string) =>
  [...page.document.querySelectorAll(selector)].map((e) => e.textContent.replace(/\s+/g, ' ').trim());

const pages: Page[] = [];
afterEach(() => expect(pages.splice(0).flatMap((page) => page.errors)).toEqual([]));

/** Opens a page whose script must do nothing wrong. */
async function open(...args: Parameters<typeof opened>): Promise<Page> {
  const page = await opened(...args);
  pages.push(page);
  return page;
}

/** Opens everything that is folded. */
function unfold({ document }: Page): void {
  for (const details of document.querySelectorAll('details')) details.open = true;
}

describe('the page of several labs', () => {
  it('begins with the verdict, the counts, and what did not pass and why', async () => {
    const page = await open(data);
    expect(textOf(page, 'h1')).toEqual(['Promises are broken (failed)']);
    expect(textOf(page, '.tile-failed')).toEqual(['failed5']);
    expect(textOf(page, '.problem')[1]).toMatch(
      /dr-one-arm › dr\.bypass web192\.168\.100\.254 to .*; promised: real servers reply from 192\.168\.100\.254 directly/,
    );
    expect(textOf(page, '.facts')[0]).toContain('Load balancerskernel LVS (3 nodes)');
    expect(textOf(page, '.labs tbody th a')).toEqual(['failed: dr-one-arm', 'passed: fnat-keepalived']);
    expect(textOf(page, '.dot-row')[0]).toContain('fnat-keepalived: lb1 killed');
  });

  it('opens at the check that a link names, unfolded', async () => {
    const page = await open(data, '#fnat-keepalived/1/fnat.source%3Aweb');
    const row = page.document.querySelector('.current');
    expect(row?.querySelector('details')?.open).toBe(true);
    expect(row?.textContent).toContain('real servers see connections to 192.168.100.254');
    expect(page.document.activeElement?.closest('li')?.id).toBe('fnat-keepalived/1/fnat.source%3Aweb');
    expect(page.document.title).toBe('fnat-keepalived – lvslab');
  });

  it('follows every link of its own', async () => {
    const page = await open(data);
    const hrefs = new Set([...page.document.querySelectorAll('a')].map((a) => a.getAttribute('href') ?? ''));
    for (const href of hrefs) {
      if (!href.startsWith('#') || href === '#/') continue;
      await page.go(href);
      const [lab, step] = href.slice(1).split('/');
      expect(page.document.querySelector('#lab-name')?.textContent).toContain(lab);
      if (step !== undefined) expect(page.document.getElementById(href.slice(1))).not.toBeNull();
    }
  });

  it('shows the packets of a check, the wrong ones marked', async () => {
    const page = await open(data, '#dr-one-arm');
    expect(textOf(page, '.frames caption')).toContain('6 of the frames that decided it, 3 not as promised');
    expect(new Set(textOf(page, '.frames tr.wrong td:first-child'))).toEqual(new Set(['wrong']));
  });

  it('lists what a search finds in all labs, with links', async () => {
    const page = await open(data);
    const input = page.document.querySelector('input') as HTMLInputElement;
    input.value = 'failover.garp GRATUITOUS';
    input.dispatchEvent(new page.window.Event('input', { bubbles: true }));
    await page.settled();
    expect(textOf(page, '#hits')).toEqual(['1 check found']);
    const link = page.document.querySelector('.problem a');
    expect(link?.getAttribute('href')).toBe('#fnat-keepalived/3/failover.garp%3AVI_1');
    expect(textOf(page, '.sidebar li')).toEqual(['passed: fnat-keepalived']);
  });

  it('goes back to the overview where a link names nothing of it', async () => {
    const page = await open(data, '#no-such-lab/%E0%A4%A/x');
    expect(textOf(page, 'h1')).toHaveLength(1);
  });
});

describe('the page of one lab', () => {
  it('has everything on one page: drawing, timeline with its words, steps, tables, files', async () => {
    const page = await open(alone);
    expect(textOf(page, 'h1')).toEqual(['All promises hold (passed)']);
    expect(textOf(page, '.box-name')).toEqual(['client', 'lb1', 'lb2', 'rs1', 'rs2']);
    expect(textOf(page, '.outage-words')[0]).toMatch(
      /^failover\.outage web: \d\.\d\d s of at most 3\.69 s = 3 × 1\.00 s \+ \(256 − 80\)\/256 × 1\.00 s, margin 1\.00 s$/,
    );
    expect(textOf(page, '.event')).toEqual(['lb1 killed', 'lb1 started again']);
    expect(textOf(page, '.fold > summary')).toContain('Service tables (2)');
    const links = [...page.document.querySelectorAll('.files a')].map((a) => a.getAttribute('href'));
    expect(links).toContain('./fnat-keepalived/lan.pcap');
  });

  it('shows the way of packets while it is hovered, focused or chosen', async () => {
    const page = await open(alone);
    const button = page.document.querySelector('.ways button') as HTMLButtonElement;
    const ways = () => page.document.querySelectorAll('.way').length;
    expect(ways()).toBe(0);
    button.focus();
    await page.settled();
    expect(ways()).toBe(6);
    button.blur();
    await page.settled();
    expect(ways()).toBe(0);
    button.click();
    await page.settled();
    expect([ways(), button.getAttribute('aria-pressed')]).toEqual([6, 'true']);
  });

  it('filters by verdict, and searches every word', async () => {
    const page = await open(alone);
    const input = page.document.querySelector('input') as HTMLInputElement;
    input.value = 'LIP 192.168.100.201';
    input.dispatchEvent(new page.window.Event('input', { bubbles: true }));
    await page.settled();
    expect(textOf(page, '.check-id')).toEqual(['fnat.lip']);
    expect(textOf(page, '.step-count')).toEqual(['1 of 17 checks']);
    const failed = [...page.document.querySelectorAll<HTMLButtonElement>('.chip')].find((b) =>
      b.textContent.includes('failed'),
    );
    expect(failed?.disabled).toBe(true);
  });
});

describe('hostile text', () => {
  const HOSTILE = '</script></style><img src=x onerror=alert(1)><svg onload=alert(2)>"\'`&lt;\u202e\u2028';
  /** Words that code made and the page knows. */
  const KNOWN = new Set(['passed', 'failed', 'inconclusive', 'skipped', 'fault', 'heal', 'wait']);
  const spoiled = mapStrings(data, (text) => (KNOWN.has(text) ? text : `${text}${HOSTILE}`));

  it('in every field of the data stays text', async () => {
    const page = await open(mapStrings(spoiled, visible));
    const known = page.document.querySelectorAll('script, style').length;
    expect(page.html).not.toContain('onerror');
    const places = ['#/', ...spoiled.labs.map((lab) => `#${encodeURIComponent(visible(lab.name))}`)];
    for (const place of places) {
      await page.go(place);
      unfold(page);
      await page.settled();
      expect(page.document.body.textContent).toContain('<img src=x onerror=alert(1)>');
      expect(page.document.querySelectorAll('img, iframe, object, embed, form, base, link')).toHaveLength(0);
      expect(page.document.querySelectorAll('script, style')).toHaveLength(known);
      for (const element of page.document.querySelectorAll('*'))
        for (const { name, value } of element.attributes) {
          expect(name).not.toMatch(/^on|^srcdoc$/);
          if (name === 'style') expect(value).toMatch(/^flex-grow: \d+;$/);
          if (name === 'href') expect(value).toMatch(/^[#.]/);
        }
      expect(page.document.body.textContent).not.toContain('\u202e');
    }
    // A page of one lab has the rest.
    const [lab] = spoiled.labs;
    if (!lab) throw new Error('no lab');
    const single = await open({ ...spoiled, labs: [lab] });
    unfold(single);
    expect(single.document.querySelectorAll('img')).toHaveLength(0);
  });

  it('may be run by nothing: only the page’s own script and style have a hash', async () => {
    const { document } = await open(data);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content');
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/]+='; style-src 'sha256-[\w+/]+='; base-uri 'none'; form-action 'none'$/,
    );
    expect(document.querySelectorAll('[src]')).toHaveLength(0);
  });
});

it('an error of the page is noticed', async () => {
  const page = await opened(data);
  page.window.setTimeout(() => {
    throw new Error('of the page');
  });
  await page.settled();
  page.window.alert('not there');
  expect(page.errors).toEqual([
    expect.stringContaining('of the page'),
    expect.stringContaining('Not implemented: window.alert'),
  ]);
});

describe('axe', () => {
  const rules = { 'color-contrast': { enabled: false } }; // jsdom has no layout
  const violations = async (page: Page) => {
    unfold(page);
    await page.settled();
    page.window.eval(axe.source);
    const own = (page.window as unknown as { axe: typeof axe }).axe;
    const { violations: found } = await own.run(page.document as never, { rules, resultTypes: ['violations'] });
    return found.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 200))]);
  };

  it('finds what is wrong, if something is', async () => {
    const page = await open(alone);
    page.document.querySelector('main')?.insertAdjacentHTML('beforeend', '<img src="x"><h1></h1><input>');
    expect((await violations(page)).map(([id]) => id)).toEqual(['empty-heading', 'image-alt', 'label']);
  });
  it('finds nothing in the overview', async () => expect(await violations(await open(data))).toEqual([]));
  it.each(data.labs.map((l) => l.name))('finds nothing in %s with everything unfolded', async (name) =>
    expect(await violations(await open(data, `#${name}`))).toEqual([]),
  );
  it('finds nothing in the page of one lab', async () => expect(await violations(await open(alone))).toEqual([]));
});
