// A real server with a folder of its own, and a browser that looks at it.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

const program = process.env.PROMPT_TRAVEL ?? '../build/release/bin/prompt-travel';
const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';

/** Set where two cores have nothing else to do: then times must be kept, else they are only said. */
export const machineIsIdle = process.env.PAGE_IDLE === '1';

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** `prompt-travel serve` on a free port; restart() keeps port and folder. */
export class Server {
  readonly url: string;
  readonly out: string;
  /** A models folder, empty at first. */
  readonly models: string;
  private readonly port: number;
  private process: ChildProcess | null = null;
  private said = '';

  private constructor(port: number) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.out = mkdtempSync(join(tmpdir(), 'page-test-'));
    this.models = mkdtempSync(join(tmpdir(), 'page-models-'));
  }

  static async start(): Promise<Server> {
    const server = new Server(await freePort());
    await server.run();
    return server;
  }

  async run(): Promise<void> {
    this.said = '';
    const folders = ['--out', this.out, '--models-dir', this.models];
    const child = spawn(program, ['serve', '--port', String(this.port), ...folders]);
    this.process = child;
    child.stdout?.on('data', (data: Buffer) => (this.said += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.said += data.toString()));
    for (let i = 0; i < 300; i++) {
      if (child.exitCode !== null) break;
      const answers = await fetch(`${this.url}/api/v1/bootstrap`).then(
        (response) => response.ok,
        () => false,
      );
      if (answers) return;
      await pause(100);
    }
    throw new Error(`the server does not answer; it said:\n${this.said}`);
  }

  /** Ends at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.out, { recursive: true, force: true });
    rmSync(this.models, { recursive: true, force: true });
  }

  async get<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as Answer;
  }
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath });
}

/** A fresh visitor's page, open and ready. `before` may prepare what the page finds. */
export async function visit(
  browser: Browser,
  server: Server,
  options: BrowserContextOptions = {},
  before: (context: BrowserContext) => Promise<unknown> = async () => {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await useFilesOf(context, process.env.PAGE_DIST);
  await before(context);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await open(page, server);
  return page;
}

/** Opens the server's page in a tab and waits until it can be used. */
export async function open(page: Page, server: Server): Promise<void> {
  await page.goto(server.url);
  await page.waitForSelector('.run-bar');
}

/** With PAGE_DIST the page's files come from that folder instead of the program that holds them. */
async function useFilesOf(context: BrowserContext, folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  await context.route(
    (url) => !url.pathname.startsWith('/api/'),
    async (route) => {
      const { pathname } = new URL(route.request().url());
      const path = join(folder, pathname === '/' ? 'index.html' : pathname);
      if (!existsSync(path)) return route.continue();
      const { 'content-security-policy': policy = '' } = (await route.fetch()).headers();
      return route.fulfill({ path, headers: { 'content-security-policy': policy } });
    },
  );
}

/** Errors of all pages of a visitor, what breaks the server's policy, requests that leave the server. */
export function watch(context: BrowserContext, server: Server): string[] {
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(`error: ${error.error().message}`));
  context.on('console', (message) => {
    const policy = /Content Security Policy/.test(message.text());
    const lost = /Failed to load resource|ERR_CONNECTION|net::/.test(message.text());
    if (policy || (message.type() === 'error' && !lost)) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:' && origin !== server.url) {
      complaints.push(`foreign request: ${request.url()}`);
    }
  });
  return complaints;
}

export interface World {
  server: Server;
  /** As the function of that name; the visit ends with the test. */
  visit: (
    options?: BrowserContextOptions,
    before?: (context: BrowserContext) => Promise<unknown>,
  ) => Promise<Page>;
  /** What the pages of this test have complained of so far; the test no longer fails for it. */
  takeComplaints: () => string[];
}

/** A server and a browser for the tests of one file. A test fails when one of its pages complains. */
export function useWorld(): World {
  let server: Server | undefined;
  let browser: Browser | undefined;
  const complaints: string[][] = [];
  const world: World = {
    get server() {
      if (!server) throw new Error('the server is there while tests run');
      return server;
    },
    visit: async (options, before) => {
      if (!browser) throw new Error('the browser is there while tests run');
      return visit(browser, world.server, options, async (context) => {
        complaints.push(watch(context, world.server));
        await before?.(context);
      });
    },
    takeComplaints: () => complaints.flatMap((each) => each.splice(0)),
  };
  beforeAll(async () => {
    server = await Server.start();
    browser = await openBrowser();
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
    const left = world.takeComplaints();
    complaints.length = 0;
    expect(left).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  return world;
}

/** The state of the run that is shown. */
export async function shownState(page: Page): Promise<string> {
  return (await page.locator('.result [data-state]').getAttribute('data-state')) ?? '';
}

export async function untilState(page: Page, state: string, timeout = 60_000): Promise<void> {
  await page.waitForSelector(`.result [data-state="${state}"]`, { timeout });
}

/** Frames of the shown run that have a picture in the strip. */
export function drawnFrames(page: Page): Promise<number> {
  return page.locator('.strip-frame img').count();
}

export async function untilFrames(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => document.querySelectorAll('.strip-frame img').length >= wanted,
    count,
  );
}

/** Presses Ctrl+Enter and waits until the new run is looked at. */
export async function startRun(page: Page): Promise<void> {
  const shown = () =>
    page.evaluate(() => document.querySelector<HTMLElement>('.result')?.dataset.run);
  const before = await shown();
  await page.keyboard.press('Control+Enter');
  await page.waitForFunction((was) => {
    const now = document.querySelector<HTMLElement>('.result')?.dataset.run;
    return now !== undefined && now !== was;
  }, before);
}

/** Sets the number of frames between the first two stages. */
export async function setSteps(page: Page, steps: number): Promise<void> {
  await page.getByLabel('Steps between stages 1 and 2', { exact: true }).fill(String(steps));
}

export async function setSetting(page: Page, field: string, value: string): Promise<void> {
  await page.locator(`#field-${field}`).fill(value);
}

/** Drops files on an element, as from a file manager. */
export async function dropFiles(
  page: Page,
  selector: string,
  files: { name: string; bytes: Buffer; type: string }[],
): Promise<void> {
  const plain = files.map(({ name, bytes, type }) => ({
    name,
    type,
    base64: bytes.toString('base64'),
  }));
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const file of list) {
      const bytes = Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], file.name, { type: file.type }));
    }
    return data;
  }, plain);
  await page.dispatchEvent(selector, 'dragover', { dataTransfer: transfer });
  await page.dispatchEvent(selector, 'drop', { dataTransfer: transfer });
}
