// A browser, and pages in it that must neither complain nor ask the network for anything.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { assemble } from "./assemble.mjs";

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
export const DARK = { colorScheme: "dark" };

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SCREENSHOTS = process.env.SCREENSHOTS ?? join(tmpdir(), "permscope-screenshots");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let browser;
let folder;
let files = 0;

/** Starts the browser before the tests of a file, and ends it behind them. */
export function withBrowser() {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "permscope-page-"));
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
  });
  after(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });
}

/** Writes the page of a run, and gives its path. */
export function written(run) {
  files += 1;
  const path = join(folder, `${files}.html`);
  writeFileSync(path, assemble(run));
  return path;
}

/** Opens a page from the file system; at the end of the test it must have been without a fault. */
export async function visit(test, path, { hash = "", prepare = async () => {}, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  const address = pathToFileURL(resolve(path)).href;
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.stack));
  context.on("request", (request) => request.url().split("#")[0] !== address && faults.push(`asked for ${request.url()}`));
  test.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  await prepare(page);
  await page.goto(address + hash);
  return page;
}

export function hashOf(words) {
  return `#${new URLSearchParams(words)}`;
}

export async function screenshot(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

/** What axe finds wrong, in words. */
export async function violations(page) {
  // The policy of the page keeps scripts out, so axe comes by the debugger.
  await page.evaluate(readFileSync(AXE, "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).slice(0, 3).join("; ")}`);
}
