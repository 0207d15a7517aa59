// How the page looks: on paper, on a phone, in the dark, and to those who do not see it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DARK, PHONE, hashOf, screenshot, violations, visit, withBrowser, written } from "./browser.mjs";
import { small, usual } from "./generate.mjs";

const OPEN = hashOf({ view: "cases", open: "deno::net::precedence::a-denied-network-inside-a-granted-one" });
const WRONG = hashOf({ view: "cases", open: "deno::env::names::a-name-in-another-case" });

withBrowser();

for (const [name, colours] of [["light", {}], ["dark", DARK]]) {
  test(`axe finds nothing wrong, ${name}`, async (t) => {
    for (const hash of ["", hashOf({ clauses: "deno.env.case" }), OPEN, WRONG]) {
      assert.deepEqual(await violations(await visit(t, written(small()), { hash, ...colours })), []);
    }
    const page = await visit(t, written(small()), colours);
    for (const summary of await page.locator("summary").all()) {
      await summary.click();
    }
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Help" }).click();
    assert.deepEqual(await violations(page), []);
  });

  test(`texts and signs have enough contrast, ${name}`, async (t) => {
    const page = await visit(t, written(small()), { hash: `${WRONG}&sort=differences`, ...colours });
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [lightness] = background.match(/\d+/).map(Number);
    assert.equal(lightness > 128, name === "light", background);
    const looked = ["#headline li", "#facts", "#count", "thead .release", "td.pass", "td.over span", "td.other span", "td.wrong span", ".before", ".last", ".disagree", ".answers .seen code", ".who", "#signs .less"];
    for (const selector of looked) {
      const contrast = await page.locator(selector).first().evaluate(contrastOf);
      assert.ok(contrast >= 4.5, `${selector}: ${contrast.toFixed(2)}`);
    }
    // Edges that say something need less.
    const turn = await page.evaluate(turnContrast);
    assert.ok(turn >= 3, `the mark where versions part: ${turn.toFixed(2)}`);
  });
}

test("on a phone only the matrix scrolls sideways, and names leave room for it", async (t) => {
  for (const hash of ["", OPEN, hashOf({ clauses: "deno.env.case" }), hashOf({ view: "cases", search: "hostile" })]) {
    const page = await visit(t, written(small()), { ...PHONE, hash });
    const widths = await page.evaluate(() => {
      const matrix = document.querySelector("#matrix");
      return { page: document.documentElement.scrollWidth, matrix: matrix.scrollWidth - matrix.clientWidth, names: document.querySelector("tbody th[scope=row]").offsetWidth };
    });
    assert.equal(widths.page, 390, hash);
    assert.ok(widths.matrix > 0, "the matrix scrolls");
    assert.ok(widths.names < 195, `${widths.names} of 390`);
  }
  const page = await visit(t, written(small()), { ...PHONE, hash: OPEN });
  const { x, width } = await page.locator("article").boundingBox();
  assert.ok(x >= 0 && x + width <= 390 && width > 340, `${x} ${width}`);
  for (const details of await page.locator("header > details").all()) {
    await details.locator("summary").click();
  }
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
});

test("what is touched is large enough", async (t) => {
  const page = await visit(t, written(small()), { ...PHONE, hash: OPEN });
  await page.locator("#columns summary").click();
  const sizes = (selector) => page.locator(selector).evaluateAll((all) => all.filter((one) => one.checkVisibility()).map((one) => ({ told: one.outerHTML.slice(0, 80), ...one.getBoundingClientRect().toJSON() })));
  const main = await sizes("#controls :is(button, select, summary, [type=search], label:has([type=radio]), label:has([type=checkbox])), article button, header summary, #ask");
  assert.ok(main.length > 20, `${main.length}`);
  assert.deepEqual(main.filter(({ height }) => height < 44), []);
  const names = await sizes("button.name");
  assert.ok(names.length > 0);
  assert.deepEqual(names.filter(({ height, width }) => height < 24 || width < 24), []);
});

test("the head and the names stay where they are while the matrix scrolls", async (t) => {
  const page = await visit(t, written(usual()), { viewport: { width: 900, height: 700 }, hash: hashOf({ view: "cases" }) });
  await page.waitForFunction(() => document.querySelectorAll("tr.case").length > 900);
  await page.locator("#matrix").evaluate((matrix) => matrix.scrollTo(300, 2000));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const { head, name, matrix, label } = await page.evaluate(() => {
    const matrix = document.querySelector("#matrix").getBoundingClientRect();
    const at = document.elementFromPoint(matrix.left + 20, matrix.top + 200).closest("th").getBoundingClientRect();
    return { head: document.querySelector("#matrix thead").getBoundingClientRect().top, name: at.left, matrix: matrix.toJSON(), label: document.querySelector("#matrix thead .implementation span").getBoundingClientRect().left };
  });
  assert.ok(Math.abs(head - matrix.top) <= 1, `${head} ${matrix.top}`);
  assert.equal(name, matrix.left);
  assert.ok(label > matrix.left + 300, "the name of the implementation is not under the names of the cases");
});

test("on paper stands all that is selected, and what is open, without the controls", async (t) => {
  const page = await visit(t, written(usual()), { hash: hashOf({ view: "cases", outcome: "all" }) });
  const rows = () => page.locator("tbody tr.case").count();
  const [selected] = (await page.locator("#count").textContent()).match(/\d+/);
  const printed = await page.pdf({ preferCSSPageSize: true });
  assert.equal(await rows(), Number(selected));
  const pages = printed.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  assert.ok(pages > 10 && pages < 60, `${pages} pages`);
  const [, width, height] = printed.toString("latin1").match(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/).map(Number);
  assert.ok(width > height, "the paper lies on its side");

  const open = await visit(t, written(small()), { hash: OPEN });
  // As wide as an A4 that lies on its side, without its margins.
  await open.setViewportSize({ width: 1032, height: 700 });
  await open.emulateMedia({ media: "print" });
  for (const hidden of ["#search", "#outcome", "#columns", "article .copy", "#ask"]) {
    assert.equal(await open.locator(hidden).first().isVisible(), false, hidden);
  }
  assert.match(await open.locator(".status").innerText(), /8 of 8 cases model deno, by name/);
  assert.ok(await open.locator("article .commands").isVisible());
  const paper = await open.evaluate(() => ({
    scrolls: document.querySelector("#matrix").scrollHeight - document.querySelector("#matrix").clientHeight,
    width: document.documentElement.scrollWidth,
    head: getComputedStyle(document.querySelector("#matrix thead")).display,
    sign: getComputedStyle(document.querySelector("td.over")).outlineStyle,
    part: getComputedStyle(document.querySelector("td.turn")).borderLeftWidth,
  }));
  assert.deepEqual(paper, { scrolls: 0, width: 1032, head: "table-header-group", sign: "solid", part: "3px" });
  await screenshot(open, "print");
});

test("in the dark, paper stays white", async (t) => {
  const page = await visit(t, written(small()), { hash: OPEN, ...DARK });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
});

test("screenshots are taken, to be looked at", async (t) => {
  const path = written(usual());
  const known = written(small());
  await screenshot(await visit(t, path), "list");
  await screenshot(await visit(t, path, { hash: hashOf({ view: "cases", sort: "disagree" }) }), "cases");
  await screenshot(await visit(t, known, { hash: OPEN }), "open");
  await screenshot(await visit(t, path, DARK), "dark");
  await screenshot(await visit(t, known, { hash: OPEN, ...DARK }), "dark-open");
  await screenshot(await visit(t, path, PHONE), "phone");
  await screenshot(await visit(t, known, { hash: OPEN, ...PHONE }), "phone-open");
});

/** The contrast of a text with what is behind it, as WCAG has it. */
function contrastOf(element) {
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = numbers(colour).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let behind = element;
  while (numbers(getComputedStyle(behind).backgroundColor)[3] === 0) {
    behind = behind.parentElement;
  }
  const [less, more] = [light(getComputedStyle(element).color), light(getComputedStyle(behind).backgroundColor)].sort((left, right) => left - right);
  return (more + 0.05) / (less + 0.05);
}

/** The contrast of the mark where versions part with the cell that it stands in. */
function turnContrast() {
  const cell = document.querySelector("td.over.turn");
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = numbers(colour).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const { boxShadow, backgroundColor } = getComputedStyle(cell);
  const [less, more] = [light(boxShadow.match(/rgb\([^)]*\)/)[0]), light(backgroundColor)].sort((left, right) => left - right);
  return (more + 0.05) / (less + 0.05);
}
