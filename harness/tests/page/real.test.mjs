// A page that the program made, whose path is in PAGE.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DARK, PHONE, hashOf, screenshot, violations, visit, withBrowser } from "./browser.mjs";

const PAGE = process.env.PAGE;
const skip = PAGE === undefined && "PAGE is not set to the path of a page that permscope made";

withBrowser();

const data = (page) => page.evaluate(() => JSON.parse(document.querySelector("#run").textContent));

test("a real page shows every model, clause and case of its run", { skip }, async (t) => {
  const page = await visit(t, PAGE);
  const { targets, cases, clauses } = await data(page);
  assert.ok(cases.length > 0 && targets.length > 0);
  for (const model of new Set(targets.map((target) => target.model))) {
    await page.goto(page.url().split("#")[0] + hashOf({ model, view: "cases" }));
    const of = cases.filter((one) => one.model === model);
    const many = of.length.toLocaleString("en");
    assert.match(await page.locator("#count").textContent(), new RegExp(`^${many} of ${many} `));
    assert.equal(await page.locator("thead .release").count(), targets.filter((target) => target.model === model).length);
    await page.waitForFunction((many) => document.querySelectorAll("tr.case").length === many, of.length);
  }
  const untested = clauses.filter((clause) => clause.untested !== null).length;
  assert.equal(await page.locator("#untested dt").count(), untested);
});

test("a real case opens to its parts", { skip }, async (t) => {
  const page = await visit(t, PAGE);
  const { cases, again, targets } = await data(page);
  const differing = cases.find((one) => one.seen.some(({ steps }) => steps.some((step) => step !== null))) ?? cases[0];
  await page.goto(page.url().split("#")[0] + hashOf({ open: differing.id }));
  const told = await page.locator("article").innerText();
  const at = Array.from(differing.outcomes).findIndex((letter) => letter !== " ");
  const parts = [differing.id, `${differing.file}:${differing.line}`, differing.launch, ...differing.steps.map(({ action }) => action), again, targets[at].name];
  parts.push(...differing.seen.flatMap(({ steps, reason }) => [...steps, reason].filter((part) => part !== null)));
  parts.forEach((part) => assert.ok(told.includes(part), `${part} in\n${told}`));
  assert.equal(await page.locator("article .commands li").count(), Array.from(differing.outcomes).filter((letter) => letter !== " ").length);
  await screenshot(page, "real-open");
});

test("axe finds nothing wrong with a real page", { skip }, async (t) => {
  for (const colours of [{}, DARK]) {
    const page = await visit(t, PAGE, { hash: hashOf({ outcome: "differs" }), ...colours });
    assert.deepEqual(await violations(page), []);
  }
});

test("a real page fits on a phone", { skip }, async (t) => {
  const page = await visit(t, PAGE, PHONE);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await screenshot(page, "real-phone");
});

test("screenshots of a real page are taken, to be looked at", { skip }, async (t) => {
  await screenshot(await visit(t, PAGE), "real-list");
  await screenshot(await visit(t, PAGE, DARK), "real-dark");
});
