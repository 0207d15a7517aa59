// What the page does: it is looked at and used as a reader does.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hashOf, visit, withBrowser, written } from "./browser.mjs";
import { HOSTILE, empty, laws, small } from "./generate.mjs";

const DENIED = "deno::net::precedence::a-denied-network-inside-a-granted-one";
const OTHER_CASE = "deno::env::names::a-name-in-another-case";
const AS_WRITTEN = "deno::env::names::a-name-as-it-is-written";
const BAD_VALUE = "deno::flags::values::another-word-for-a-bad-value";
const CASES = hashOf({ view: "cases" });

withBrowser();

/** The identities of the rows, in their order. */
const identities = (page) => page.locator("#matrix tr:is(.clause, .case)").evaluateAll((rows) => rows.map(({ dataset }) => dataset.id));
const row = (page, id) => page.locator(`#matrix tr[data-id=${JSON.stringify(id)}]`);
const count = (page) => page.locator("#count").textContent();
const choose = (page, name) => page.getByRole("radio", { name, exact: true }).check();
const open = async (page, id) => {
  await row(page, id).locator("button.name").click();
  return page.locator("article");
};

test("the header says what was run, and that it is not all", async (t) => {
  const page = await visit(t, written(small()));
  assert.match(await page.locator("#headline").innerText(), /everything as expected/i);
  assert.ok(await page.getByText("INCOMPLETE").isVisible());
  const facts = await page.locator("#facts").innerText();
  for (const fact of ["2026-11-24 23:10 UTC", "4 min 42 s", "0.1.0", "5cda658a60be", "deno::net", "it's", "hash:1/2"]) {
    assert.ok(facts.includes(fact), `${fact} in ${facts}`);
  }
  assert.equal(await page.locator("#targets").isVisible(), false);
  await page.getByText("9 targets").click();
  const target = await page.locator("#targets tr", { hasText: "deno@2.9.6" }).first().locator("th, td").allTextContents();
  assert.deepEqual(target.slice(0, 12), ["deno@2.9.6", "deno", "8", "5", "2", "0", "0", "1", "1", "0", "3", "90"]);
  assert.match(target.at(-2), /^[0-9a-f]{12}$/);
  await page.getByText("2 clauses that no case tests").click();
  assert.ok(await page.getByText("a documented non-goal about disk space").isVisible());
  assert.ok(await page.getByText("no case of it was selected").isVisible());
});

test("a whole run does not say that it is incomplete", async (t) => {
  const page = await visit(t, written({ ...small(), complete: true }));
  assert.equal(await page.getByText("INCOMPLETE").isVisible(), false);
});

test("clauses are counted by target, and open to their promise and cases", async (t) => {
  const page = await visit(t, written(small()));
  assert.equal(await count(page), "8 of 8 cases in 3 clauses");
  assert.deepEqual(await identities(page), ["deno.env.case", "deno.net.network", "deno.precedence.denial-inside-grant"]);
  const cells = await row(page, "deno.env.case").locator("td").allTextContents();
  assert.deepEqual(cells, ["✗ 4/6", "✗ 3/6", "✗ 5/7", "6", "6", "7"]);
  const network = await row(page, "deno.net.network").locator("td").allTextContents();
  assert.deepEqual(network, ["1", "1", "⚠\uFE0E 0/1", "1", "1", "1"]);
  await row(page, "deno.net.network").locator("button").click();
  assert.ok(await page.locator("tr.promise", { hasText: "An IPv4 network in a list" }).isVisible());
  assert.ok(await page.locator("tr.promise", { hasText: "Network access" }).isVisible());
  assert.ok(await row(page, DENIED).isVisible());
  await row(page, "deno.net.network").locator("button").click();
  assert.equal(await row(page, DENIED).count(), 0);
});

test("only the columns of the model are there, its own implementation first", async (t) => {
  const page = await visit(t, written(small()));
  assert.deepEqual(await page.locator("thead .implementation").allTextContents(), ["deno", "reference"]);
  assert.deepEqual(await page.locator("thead .release").allTextContents(), ["1.46.3", "2.5.7", "2.9.6", "1.46.3", "2.5.7", "2.9.6"]);
  await choose(page, "node");
  assert.deepEqual(await page.locator("thead .implementation").allTextContents(), ["node", "reference"]);
  assert.equal(await count(page), "1 of 1 cases in 1 clause");
});

test("a cell says in words what its sign says", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  const names = (id) => row(page, id).locator("td").evaluateAll((cells) => cells.map((cell) => cell.querySelector("[role=img]")?.getAttribute("aria-label") ?? cell.textContent));
  assert.deepEqual(await names(OTHER_CASE), ["over-denial, failed", "stale, unlike the release before", "broke, unlike the release before", "✓", "✓", "✓"]);
  assert.deepEqual(await names(DENIED), ["✓", "✓", "over-grant, known, unlike the release before", "✓", "✓", "✓"]);
  assert.deepEqual(await names(AS_WRITTEN), ["", "", "✓", "", "", "✓"]);
  assert.deepEqual(await row(page, OTHER_CASE).locator("td").allTextContents(), ["✗−", "✗ stale", "✗ broke", "✓", "✓", "✓"]);
});

test("versions that disagree stand out, and where they part", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  assert.equal(await row(page, DENIED).getByRole("img", { name: "versions disagree" }).count(), 1);
  assert.equal(await row(page, BAD_VALUE).getByRole("img", { name: "versions disagree" }).count(), 0);
  const turns = (id) => row(page, id).locator("td").evaluateAll((cells) => cells.map((cell) => cell.classList.contains("turn")));
  assert.deepEqual(await turns(DENIED), [false, false, true, false, false, false]);
  assert.deepEqual(await turns(OTHER_CASE), [false, true, true, false, false, false]);
  assert.deepEqual(await turns(BAD_VALUE), Array(6).fill(false));
  const shadow = await row(page, DENIED).locator("td.turn").evaluate((cell) => getComputedStyle(cell).boxShadow);
  assert.match(shadow, /3px/);
  // With the release hidden in which they part, they agree.
  await page.locator("#columns summary").click();
  await page.locator("#column-choice").getByLabel("2.9.6").first().uncheck();
  assert.equal(await row(page, DENIED).getByRole("img", { name: "versions disagree" }).count(), 0);
});

test("each outcome selects what it says", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  const selected = async (outcome) => {
    await page.locator("#outcome").selectOption(outcome);
    const shown = await identities(page);
    const told = await page.locator(`#outcome option[value=${outcome}]`).textContent();
    assert.ok(told.endsWith(`(${shown.length})`), told);
    assert.equal(await count(page), `${shown.length} of 8 cases`);
    return shown.map((id) => id.split("::")[1]);
  };
  assert.deepEqual(await selected("differs"), ["env", "flags", "hostile", "net"]);
  assert.deepEqual(await selected("unexpected"), ["env"]);
  assert.deepEqual(await selected("over"), ["hostile", "net"]);
  assert.deepEqual(await selected("less"), ["env"]);
  assert.deepEqual(await selected("disagree"), ["env", "hostile", "net"]);
  assert.deepEqual(await selected("known"), ["flags", "hostile", "net"]);
});

test("the search takes several words, in identity, flags, clause and reason", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  const search = async (words) => {
    await page.locator("#search").fill(words);
    return identities(page);
  };
  assert.deepEqual(await search("inside-a-granted"), [DENIED]);
  assert.deepEqual(await search("--deny-net=10.1"), [DENIED]);
  assert.deepEqual(await search("IPV4 prefix"), [DENIED]);
  assert.deepEqual(await search("looked after"), [DENIED]);
  assert.deepEqual(await search("names allow-env another"), [OTHER_CASE]);
  assert.deepEqual(await search("nowhere-to-be-found"), []);
  assert.equal(await count(page), "0 of 8 cases");
  assert.ok(await page.getByText("No cases are like that").isVisible());
  await page.getByRole("button", { name: "Show all cases" }).click();
  assert.equal((await identities(page)).length, 8);
  assert.equal(await page.locator("#search").inputValue(), "");
});

test("a clause's cells stay as they are where a search leaves some of its cases out", async (t) => {
  const page = await visit(t, written(small()), { hash: hashOf({ search: "a-name-as-it", clauses: "deno.env.case" }) });
  assert.equal(await count(page), "1 of 8 cases in 1 clause");
  assert.equal(await row(page, "deno.env.case").locator("td").nth(5).textContent(), "7");
  assert.ok(await page.getByText("6 other cases of this clause are not selected.").isVisible());
  assert.deepEqual(await identities(page), ["deno.env.case", AS_WRITTEN]);
});

test("a target narrows what the outcome is looked for in", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  await page.locator("#target").selectOption("deno@1.46.3");
  assert.equal((await identities(page)).includes(AS_WRITTEN), false);
  await page.locator("#outcome").selectOption("differs");
  assert.deepEqual(await identities(page), [OTHER_CASE, BAD_VALUE]);
  await page.locator("#target").selectOption("reference@1.46.3");
  assert.deepEqual(await identities(page), []);
});

test("rows are put in order by differences, and by disagreement", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  const byName = await identities(page);
  assert.deepEqual(byName, byName.toSorted());
  assert.ok((await page.locator("tr.area").allTextContents()).includes("deno::net::precedence"));
  await page.locator("#sort").selectOption("differences");
  assert.deepEqual((await identities(page)).slice(0, 2), [OTHER_CASE, BAD_VALUE]);
  assert.equal(await page.locator("tr.area").count(), 0);
  await page.locator("#sort").selectOption("disagree");
  const [first, second, third, fourth] = await identities(page);
  assert.deepEqual([first, third, fourth], [OTHER_CASE, DENIED, BAD_VALUE]);
  assert.ok(second.startsWith("deno::hostile"));
});

test("columns and whole implementations are hidden and shown again", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  await page.locator("#columns summary").click();
  const choice = page.locator("#column-choice");
  await choice.getByLabel("reference").uncheck();
  assert.deepEqual(await page.locator("thead .implementation").allTextContents(), ["deno"]);
  assert.equal(await row(page, DENIED).locator("td").count(), 3);
  assert.match(page.url(), /hidden=reference$/);
  await choice.locator("fieldset").last().getByLabel("2.5.7").check();
  assert.deepEqual(await page.locator("thead .release").allTextContents(), ["1.46.3", "2.5.7", "2.9.6", "2.5.7"]);
  await choice.getByLabel("deno").uncheck();
  await choice.locator("fieldset").last().getByLabel("2.5.7").uncheck();
  assert.ok(await page.getByText("All columns are hidden").isVisible());
  await page.getByRole("button", { name: "Show all cases" }).click();
  assert.equal(await page.locator("thead .release").count(), 6);
});

test("a case opens to all that is known of it", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  const article = await open(page, DENIED);
  const told = await article.innerText();
  const parts = [
    DENIED, "conformance/deno/net/precedence.toml:181", ">=1.46.0",
    "deno run --allow-net=10.0.0.0/8 --deny-net=10.1.0.0/16", "NO_COLOR=1", "in a worker, permissions: {\"net\":\"inherit\"}",
    "1. query net host=\"10.1.0.1\"", "2. query net host=\"10.2.0.1\"",
    "over-grant, known", "A denied network is looked at after the granted one.", "deno 1.46.3, 2.5.7; reference 1.46.3 to 2.9.6",
    "deno.precedence.denial-inside-grant", "What is denied inside something granted is denied", "must", "Key Principles",
    "deno.net.network", "release 2.6.0: networks in lists",
    `cargo xtask conformance ${DENIED} --implementation deno@2.9.6`, `cargo xtask conformance ${DENIED} --implementation reference@1.46.3`,
  ];
  for (const part of parts) {
    assert.ok(told.includes(part), `${part} in\n${told}`);
  }
  const step = article.locator(".steps > li").first();
  assert.deepEqual(await step.locator(".answers li").allTextContents(), ["−deniedpromised", "+granteddeno 2.9.6"]);
  assert.deepEqual(await article.locator(".steps > li").nth(1).locator(".answers li").allTextContents(), [" grantedpromised"]);
  assert.deepEqual(await step.locator(".rules li").allTextContents(), [
    "because of --deny-netdeno 1.46.3; reference 1.46.3",
    "because of --deny-net=10.1.0.0/16deno 2.5.7, 2.9.6; reference 2.5.7, 2.9.6",
  ]);
  // All agree on the second step, so it names no targets.
  assert.deepEqual(await article.locator(".steps > li").nth(1).locator(".rules li").allTextContents(), ["because of --allow-net=10.0.0.0/8"]);
  assert.equal(await row(page, DENIED).locator("button").getAttribute("aria-expanded"), "true");
});

test("a case that ended another way says so, and where it did not run", async (t) => {
  const page = await visit(t, written(small()), { hash: CASES });
  const article = await open(page, OTHER_CASE);
  const answers = await article.locator(".answers li").allTextContents();
  assert.deepEqual(answers, ["−promptpromised", "+denieddeno 1.46.3", "+died by signal 11, and not the second timedeno 2.9.6"]);
  assert.ok((await article.innerText()).includes("no rule settles it"));
  await open(page, BAD_VALUE);
  assert.deepEqual(await article.locator(".steps > li").allTextContents(), ["the launch−the launch is refused: bad-valuepromised+starteddeno 1.46.3 to 2.9.6"]);
  await open(page, AS_WRITTEN);
  assert.equal(await page.locator("article").count(), 1);
  assert.match(await article.locator(".outcomes").innerText(), /not run.*\s+deno 1\.46\.3, 2\.5\.7; reference 1\.46\.3, 2\.5\.7/);
  assert.equal(await article.locator(".commands li").count(), 2);
});

test("a command is copied, quoted for a shell", async (t) => {
  const page = await visit(t, written(small()), { hash: hashOf({ model: "node", view: "cases" }) });
  const pasted = async () => {
    await page.locator("#search").fill("");
    await page.locator("#search").press("Control+V");
    return page.locator("#search").inputValue();
  };
  const article = await open(page, "node::fs::wildcards::not-the-root-by-a-wildcard");
  await article.getByRole("button", { name: "Copy the command for node@26.10.0" }).click();
  await article.getByText("Copied").waitFor();
  assert.equal(await pasted(), "cargo xtask conformance node::fs::wildcards::not-the-root-by-a-wildcard --implementation 'node=./it'\\''s here'");
  await page.locator("#search").fill("");
  await article.getByRole("button", { name: "Copy link" }).click();
  await article.getByText("Copied").waitFor();
  const link = await pasted();
  await page.goto(link);
  assert.ok(await page.locator("article").isVisible());
});

test("hostile texts are shown as they are, and do nothing", async (t) => {
  const page = await visit(t, written(small()), { hash: hashOf({ view: "cases", search: "hostile" }) });
  const article = await open(page, `deno::hostile::texts::${HOSTILE.script}`);
  const told = await article.innerText();
  for (const part of [HOSTILE.script, "abc\\u{202e}gpj.exe", HOSTILE.long, "A=\\u{0}\\u{1b}[31m\nB", HOSTILE.quote]) {
    assert.ok(told.includes(part), part.slice(0, 80));
  }
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal(/[\u202A-\u202E\u2066-\u2069]/.test(await page.locator("body").textContent().then((all) => all.split("\"headline\"")[0])), false);
  // A name without end takes no more than a few lines.
  const { height } = await row(page, `deno::hostile::long::${HOSTILE.long}`).boundingBox();
  assert.ok(height < 80, `${height}`);
  const quoted = await open(page, `deno::hostile::quotes::${HOSTILE.quote}`);
  assert.ok((await quoted.innerText()).includes("'deno::hostile::quotes::it'\\''s $(touch harmed) `harmed`'"));
});

test("a link holds what is chosen and open, and back goes back", async (t) => {
  const hash = hashOf({ view: "cases", search: "net", outcome: "over", target: "deno@2.9.6", sort: "differences", hidden: "reference", open: DENIED });
  const path = written(small());
  const page = await visit(t, path, { hash });
  const check = async () => {
    assert.equal(await page.locator("#search").inputValue(), "net");
    assert.equal(await page.locator("#outcome").inputValue(), "over");
    assert.equal(await page.locator("#target").inputValue(), "deno@2.9.6");
    assert.equal(await page.locator("#sort").inputValue(), "differences");
    assert.deepEqual(await page.locator("thead .implementation").allTextContents(), ["deno"]);
    assert.deepEqual(await identities(page), [DENIED]);
    assert.ok(await page.locator("article").isVisible());
  };
  await check();
  await page.reload();
  await check();
  await page.getByRole("button", { name: "Close" }).click();
  assert.equal(await page.locator("article").count(), 0);
  await page.locator("#outcome").selectOption("less");
  assert.deepEqual(await identities(page), []);
  await page.goBack();
  assert.deepEqual(await identities(page), [DENIED]);
  assert.equal(await page.locator("article").count(), 0);
  await page.goBack();
  await check();
  await page.goForward();
  assert.equal(await page.locator("article").count(), 0);
});

test("the letters of a search are one step back, not many", async (t) => {
  const page = await visit(t, written(small()));
  await page.locator("#search").pressSequentially("wildcard");
  await page.goBack();
  assert.equal(await page.locator("#search").inputValue(), "");
});

test("a link to a case alone finds its model and its clause", async (t) => {
  const id = "node::fs::wildcards::not-the-root-by-a-wildcard";
  const page = await visit(t, written(small()), { hash: hashOf({ open: id }) });
  assert.ok(await page.locator("article").getByText(id, { exact: true }).isVisible());
  assert.equal(await row(page, "node.fs.wildcard").locator("button").getAttribute("aria-expanded"), "true");
});

test("a link with nonsense opens the page all the same", async (t) => {
  const page = await visit(t, written(small()), { hash: "#model=x&view=y&outcome=constructor&sort=__proto__&open=z&clauses=q&hidden=w&under=%" });
  assert.equal(await count(page), "8 of 8 cases in 3 clauses");
});

test("a clause of a case leads to its row", async (t) => {
  const page = await visit(t, written(small()), { hash: hashOf({ view: "cases", open: DENIED }) });
  await page.getByRole("link", { name: "deno.net.network" }).click();
  assert.ok(await page.locator("tr.promise").isVisible());
  assert.deepEqual(await identities(page), ["deno.env.case", "deno.net.network", DENIED, "deno.precedence.denial-inside-grant"]);
  assert.equal(await count(page), "8 of 8 cases in 3 clauses");
});

test("all of it can be done by keyboard", async (t) => {
  const page = await visit(t, written(small()));
  const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.dataset.id ?? (document.activeElement.id || document.activeElement.className || document.activeElement.tagName));
  const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  await press("Tab");
  assert.equal(await focused(), "skip");
  await press("Enter");
  assert.equal(await focused(), "deno.env.case");
  await press("/");
  assert.equal(await focused(), "search");
  await page.keyboard.type("granted?j");
  assert.equal(await page.locator("#search").inputValue(), "granted?j");
  await press("Escape");
  assert.equal(await page.locator("#search").inputValue(), "");
  const order = [];
  for (let step = 0; step < 5; step += 1) {
    await press("Tab");
    order.push(await focused());
  }
  assert.deepEqual(order, ["outcome", "target", "sort", "SUMMARY", "deno.env.case"]);
  await press("j", "ArrowDown");
  assert.equal(await focused(), "deno.precedence.denial-inside-grant");
  await press("Enter", "j");
  assert.equal(await focused(), DENIED);
  await press("Enter");
  assert.ok(await page.locator("article").isVisible());
  await press("Tab");
  assert.equal(await focused(), "copy");
  await press("Escape");
  assert.equal(await page.locator("article").count(), 0);
  assert.equal(await focused(), DENIED);
  await press("k", "k", "ArrowUp", "k");
  assert.equal(await focused(), "deno.env.case");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid");
  await press("?");
  assert.ok(await page.getByRole("heading", { name: "Keys" }).isVisible());
  await press("Escape");
  assert.equal(await page.getByRole("heading", { name: "Keys" }).isVisible(), false);
});

test("the count is announced, and the table is one", async (t) => {
  const page = await visit(t, written(small()));
  assert.equal(await page.getByRole("status").textContent(), "8 of 8 cases in 3 clauses");
  assert.ok(await page.getByRole("columnheader", { name: "2.9.6" }).first().isVisible());
  assert.ok(await page.getByRole("rowheader", { name: "network" }).isVisible());
});

test("laws, which have no steps and no clauses, are shown", async (t) => {
  const page = await visit(t, written(laws()));
  assert.equal(await count(page), "2 of 2 laws");
  const article = await open(page, "laws::node::fs-write::a-grant-takes-nothing-away");
  assert.ok((await article.innerText()).includes("granted without /m/ab"));
  assert.ok((await article.innerText()).includes("cargo xtask conformance --laws laws::node::fs-write::a-grant-takes-nothing-away --implementation node@26.10.0"));
  await choose(page, "Clauses");
  assert.deepEqual(await identities(page), ["cites no clause"]);
});

test("a page without cases, targets or data says so", async (t) => {
  const nothing = await visit(t, written(empty()));
  assert.ok(await nothing.getByText("No implementation was run").isVisible());
  const noCases = await visit(t, written({ ...small(), cases: [] }));
  assert.ok(await noCases.getByText("No case was run").isVisible());
  const noData = await visit(t, written(""));
  assert.ok(await noData.getByText("cannot be read").isVisible());
});

test("without scripts the page says what it needs", async (t) => {
  const page = await visit(t, written(small()), { javaScriptEnabled: false });
  assert.match(await page.locator("header").innerText(), /scripts are off/);
  assert.equal(await page.locator("button:visible, summary:visible").count(), 0);
});
