/** The page of a report in a real browser: its policy holds, nothing is fetched, and axe finds nothing, colours included. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageShell } from '../../scripts/page.mjs';
import { pageOf } from '../../src/page/folder.ts';
import { pageHtml } from '../../src/page/html.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const path = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
const browserPath = path.find((file) => existsSync(file));

describe.skipIf(browserPath === undefined)(`in a browser (needs ${NAMES.join(' or ')} on the path)`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvslab-browser-'));
  const file = join(folder, 'report.html');
  let browser: Browser;

  beforeAll(async () => {
    const data = pageOf('test/report', '2026-11-30T12:00:00.000Z', { fileBytes: 64 * 1024, samples: 2000 });
    writeFileSync(file, pageHtml(data, await pageShell()));
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []; // Chromium has no sandbox for root
    browser = await chromium.launch({ ...(browserPath ? { executablePath: browserPath } : {}), args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the page, and returns it with what it complained of and what it fetched. */
  async function open(fragment: string, colorScheme: 'light' | 'dark' = 'light', width = 1300) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    page.on('pageerror', (error) => told.push(error.message));
    page.on('request', (request) => told.push(request.url()));
    await page.goto(`${pathToFileURL(file)}${fragment}`);
    await page.waitForSelector('main');
    return { page, told, close: () => context.close() };
  }

  it('opens from a file, fetches nothing, and complains of nothing', async () => {
    const { page, told, close } = await open('#fnat-keepalived');
    await page.hover('.ways button');
    expect(await page.locator('.way').count()).toBe(6);
    await page.hover('.timeline svg');
    expect(await page.locator('.readout').textContent()).toMatch(/^[+−]\d+\.\d{3} s: /);
    expect(told.filter((line) => !line.startsWith('file:'))).toEqual([]);
    await close();
  });

  it('runs no script that is put into it', async () => {
    const { page, told, close } = await open('');
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      return 'ran' in globalThis;
    });
    expect(ran).toBe(false);
    expect(told.join()).toContain('Content Security Policy');
    await close();
  });

  it.each([1300, 390])(
    'brings the check of a link into view, %i pixels wide, without scrolling sideways',
    async (width) => {
      const { page, close } = await open('#dr-one-arm/1/dr.bypass%3Aweb', 'light', width);
      expect(await page.locator('.current summary').first().isVisible()).toBe(true);
      const box = await page.locator('.current').boundingBox();
      expect(box && box.y >= 0 && box.y < 900).toBe(true);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      await close();
    },
  );

  it.each(['light', 'dark'] as const)('axe finds nothing, %s', async (scheme) => {
    for (const fragment of ['', '#dr-one-arm', '#fnat-keepalived']) {
      const { page, close } = await open(fragment, scheme);
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
      });
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => {
        const { axe: own } = globalThis as unknown as { axe: { run: () => Promise<{ violations: { id: string }[] }> } };
        return (await own.run()).violations.map((v) => v.id);
      });
      expect([fragment, found]).toEqual([fragment, []]);
      await close();
    }
  });
});
