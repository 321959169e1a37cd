/** `lab ui` as a person uses it, in a real browser, and `lab watch` beside it. */
import { existsSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fnatFile, labOk, startLab, writeLab } from '../lab.ts';
import { containersOf, leavesNothing } from './state.ts';

const CHROMIUM = '/usr/bin/chromium';
const LAB = 'ui-page';
/** Milliseconds in which something is seen on a busy machine. */
const SOON = 90_000;
const folder = leavesNothing('ui', (name) => name === LAB);

/** Stands before the engine, and can be cut off from it: what a restart of the engine is for its clients. */
class Gate {
  readonly path = join(folder, 'engine.sock');
  #server: Server | undefined;
  readonly #open = new Set<Socket>();

  async up(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (near) => {
      const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
      const far = connect({ path: host.replace(/^unix:\/\//, ''), allowHalfOpen: true });
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#open.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => this.#open.delete(from));
      }
    });
    this.#server = server;
    await new Promise<void>((listening) => server.listen(this.path, listening));
  }

  async down(): Promise<void> {
    const closed = new Promise((done) => this.#server?.close(done));
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}

describe.skipIf(!existsSync(CHROMIUM))(`the live page (needs ${CHROMIUM})`, () => {
  const gate = new Gate();
  let browser: Browser;
  let ui: ReturnType<typeof startLab>;
  let address = '';

  beforeAll(async () => {
    await gate.up();
    await labOk(['up', writeLab(folder, { ...fnatFile(), lab: LAB, scenario: [{ contract: 'web' }] })]);
    ui = startLab(['ui', '--no-open'], { env: { DOCKER_HOST: `unix://${gate.path}` } });
    address = await new Promise<string>((told) =>
      ui.child.stdout?.once('data', (chunk: Buffer) => told(chunk.toString().trim())),
    );
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...args, ...quiet] });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    ui?.child.kill('SIGINT');
    await ui?.done;
    await gate.down();
    await labOk(['down', LAB]);
  }, 300_000);

  /** Opens the page in a browser of its own, at the lab. */
  async function open(colorScheme: 'light' | 'dark' = 'light') {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1240, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(SOON);
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    page.on('pageerror', (error) => told.push(error.message));
    page.on('request', (request) => told.push(request.url()));
    await page.goto(address);
    await page.getByRole('link', { name: LAB }).click();
    return { page, told, close: () => context.close() };
  }

  /** Waits for an event in the page's log; a failure shows the log as it is. */
  const event = async (page: Page, text: string | RegExp) => {
    const shown = page.locator('.log li').filter({ hasText: text }).first().waitFor();
    await shown.catch(async () => {
      const state = await page.locator('.live-status').innerText();
      throw new Error(`no event ${text}; ${state}; ${(await page.locator('.log').innerText()).replaceAll('\n', ' ')}`);
    });
  };

  const drawn = (page: Page, words: RegExp) => page.locator('.topology').getByRole('img', { name: words });

  it('shows a failover that a click injects, and its heal, to two browsers', { timeout: 600_000 }, async () => {
    const one = await open();
    const two = await open('dark');
    await one.page.locator('.sign-master').first().waitFor();
    await event(one.page, 'lb1 is master of VI_1');
    await one.page.locator('.probe path.answered[d^="M"]').first().waitFor({ state: 'attached' });

    await one.page.getByRole('button', { name: 'kill:lb1' }).click();
    for (const { page } of [one, two]) {
      await event(page, 'kill:lb1 is active');
      await event(page, 'lb2 is master of VI_1');
      await event(page, /client is answered again: \d+ lost in /);
      await page.locator('.event-fault').first().waitFor({ state: 'attached' });
    }
    // The gap stands on the strip, and the drawing says who is master.
    await one.page.locator('.probe path.lost[d^="M"]').first().waitFor({ state: 'attached' });
    expect(await drawn(one.page, /lb2 is master/).count()).toBe(1);
    if (process.env['LAB_PICTURES'] !== undefined) {
      await one.page.evaluate('scrollTo(0, 0)');
      await one.page.screenshot({ path: 'docs/ui.png', clip: { x: 272, y: 54, width: 960, height: 780 } });
    }

    // A reload in the middle: everything is there again.
    await two.page.reload();
    await event(two.page, 'lb2 is master of VI_1');
    await two.page.getByRole('button', { name: 'Heal kill:lb1' }).first().click();
    for (const { page } of [one, two]) {
      await event(page, 'kill:lb1 is healed');
      await drawn(page, /lb1 is master/).waitFor();
    }
    const own = (line: string) => line === 'data:,' || line.startsWith(address.split('#')[0] ?? '');
    const foreign = [...one.told, ...two.told].filter((line) => !own(line));
    expect(foreign).toEqual([]);
    await one.close();
    await two.close();
  });

  it('changes a weight on every director, shows a node’s output, and says what is wrong', {
    timeout: 300_000,
  }, async () => {
    const { page, close } = await open();
    const field = page.getByLabel('Weight of rs1 in web on lb1');
    await field.fill('7');
    await field.press('Enter');
    await event(page, 'lb1 gives rs1 in web weight 7, before 100');
    await event(page, 'lb2 gives rs1 in web weight 7, before 100');
    await page.getByRole('button', { name: 'Heal all' }).click();
    await event(page, 'lb2 gives rs1 in web weight 100, before 7');
    await page.getByRole('button', { name: 'Logs of rs1' }).click();
    await page.getByRole('figure', { name: 'Output of rs1' }).waitFor();
    await page.getByLabel('Fault to inject').fill('kil:lb1');
    await page.getByRole('button', { name: 'Inject' }).click();
    await page.getByRole('status').filter({ hasText: 'there is no fault "kil"; did you mean "kill"?' }).waitFor();
    await close();
  });

  it('shows packets, decoded, as they come', { timeout: 300_000 }, async () => {
    const { page, close } = await open();
    await page.getByLabel('Filter of packets').fill('tcp port 80 and host 192.168.100.2');
    await page.getByRole('button', { name: 'Capture', exact: true }).click();
    await page.locator('.packets td').filter({ hasText: 'SYN ACK' }).first().waitFor();
    await page.getByRole('button', { name: 'End the capture' }).click();
    await page.getByRole('button', { name: 'End the capture' }).and(page.locator(':disabled')).waitFor();
    await page.getByLabel('Filter of packets').fill('no such filter');
    await page.getByRole('button', { name: 'Capture', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'lan cannot be captured' }).waitFor();
    await close();
  });

  it.each(['light', 'dark'] as const)('axe finds nothing, %s', { timeout: 300_000 }, async (scheme) => {
    const { page, close } = await open(scheme);
    await event(page, 'is master of VI_1');
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { axe: own } = globalThis as unknown as {
        axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await own.run()).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
    });
    expect(found).toEqual([]);
    await close();
  });

  it('tests the lab, and shows each check as it comes', { timeout: 600_000 }, async () => {
    const { page, close } = await open();
    await event(page, 'is master of VI_1');
    await page.getByRole('button', { name: 'Run the test' }).click();
    await page.locator('.check').first().waitFor();
    await page.getByRole('heading', { name: /\d+ passed, \d+ failed/ }).waitFor({ timeout: 300_000 });
    await close();
  });

  it('goes on when the engine is away, and when the lab is taken down', { timeout: 600_000 }, async () => {
    const { page, close } = await open();
    await event(page, 'is master of VI_1');
    await gate.down();
    await event(page, 'no container engine answers');
    await gate.up();
    await page.getByText('running', { exact: true }).first().waitFor();
    await page.locator('.sign-master').first().waitFor();

    const watch = startLab(['watch', LAB]);
    let lines = '';
    watch.child.stdout?.on('data', (chunk: Buffer) => (lines += chunk.toString()));
    await expect.poll(() => lines, { timeout: SOON, interval: 200 }).toContain('is master of VI_1');
    await page.getByRole('button', { name: 'Take down' }).click();
    await event(page, 'the lab is gone');
    await expect.poll(() => lines, { timeout: SOON, interval: 200 }).toContain('the lab is gone');
    watch.child.kill('SIGINT');
    expect((await watch.done).code).toBe(0);
    await expect.poll(() => containersOf(LAB), { timeout: SOON }).toEqual([]);
    await close();
  });
});
