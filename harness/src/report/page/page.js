"use strict";
// The page of a run: a matrix of clauses and cases by implementation and release.
//
// Nothing of the run is trusted: its texts are only ever set as text.
// What the page shows is a function of `state`, and `state` is what the hash of the address says.

/** Rows that are made at once: more than a window shows, and few enough not to be noticed. */
const CHUNK = 40;
/** How long nobody must have typed before all other rows are made, in milliseconds. */
const PAUSE = 400;

const SIGNS = {
  pass: "✓",
  over: "⚠\uFE0E",
  less: "−",
  other: "≈",
  known: "○",
  wrong: "✗",
  disagree: "≠",
};

const OUTCOMES = { p: "as promised", k: "known", f: "failed", s: "stale", b: "broke" };
const SEVERITIES = {
  "+": { kind: "over", told: "over-grant" },
  "-": { kind: "less", told: "over-denial" },
  "~": { kind: "other", told: "another word" },
};

/** What can be asked of a case, where the filters look. */
const QUESTIONS = {
  all: { told: "everything", holds: (one, at) => came(one.outcomes, at, "pkfsb") },
  differs: { told: "not as promised", holds: (one, at) => came(one.outcomes, at, "kfsb") },
  unexpected: { told: "unexpected", holds: (one, at) => came(one.outcomes, at, "fsb") },
  over: { told: "over-grants", holds: (one, at) => came(one.severities, at, "+") },
  less: { told: "over-denials", holds: (one, at) => came(one.severities, at, "-") },
  disagree: { told: "versions disagree", holds: disagrees },
  known: { told: "known", holds: (one, at) => came(one.outcomes, at, "k") },
};

const ORDERS = {
  name: { told: "by name" },
  differences: { told: "most differences first", weigh: differencesOf },
  // A release that parts from the one before weighs more than any differences that all releases share.
  disagree: { told: "versions disagree first", weigh: (one) => turnsOf(one).length * 1000 + differencesOf(one) },
};

const NOTHING_CHOSEN = { model: "", view: "clauses", search: "", outcome: "all", target: "", sort: "name", hidden: [], clauses: [], open: "", under: "" };

const page = Object.fromEntries(Array.from(document.querySelectorAll("[id]"), (found) => [found.id, found]));
const table = page.matrix.querySelector("table");

let run;
let state = NOTHING_CHOSEN;
/** The columns that are shown: targets with their index, an implementation's side by side. */
let columns = [];
/** What the matrix consists of, and how much of it is made. */
let rows = [];
let made = 0;
/** What the rows were made for, to tell whether they must be made again. */
let madeFor = "";
let columnsMadeFor = "";
/** Whether the last change was a letter in the search, which the next replaces in the history. */
let wasTyping = false;

function start() {
  page.shown.hidden = false;
  run = read();
  if (run === null) {
    return say("The data of this page cannot be read: the file is cut short, or was changed.");
  }
  prepare();
  showHeader();
  if (run.targets.length === 0 || run.cases.length === 0) {
    return say(run.targets.length === 0 ? "No implementation was run, so there is nothing to show." : "No case was run, so there is nothing to show.");
  }
  page.ask.hidden = false;
  page.skip.hidden = false;
  makeControls();
  listen();
  state = asked();
  render();
  reveal();
  // The first letter of a search need not wait for what the others find ready.
  whenIdle(() => run.cases.forEach(searchable));
}

function read() {
  try {
    return JSON.parse(page.run.textContent);
  } catch {
    return null;
  }
}

function say(text) {
  page.controls.hidden = true;
  page.matrix.hidden = true;
  page.signs.hidden = true;
  page.empty.hidden = false;
  page.empty.replaceChildren(text);
}

/** Adds to the data what is looked up often. */
function prepare() {
  run.cases.sort(byName);
  run.targets.forEach((target, index) => Object.assign(target, { index }));
  run.clauses.forEach((clause) => Object.assign(clause, { cases: [] }));
  // A case that cites nothing is to be found among the clauses, too.
  const uncited = { id: "cites no clause", promise: "", level: "", sources: [], cases: [] };
  run.byIdentity = new Map();
  for (const one of run.cases) {
    one.cited = one.clauses.length > 0 ? one.clauses.map((index) => run.clauses[index]) : [uncited];
    one.cited.forEach((clause) => clause.cases.push(one));
    one.behaviours = behavioursOf(one);
    run.byIdentity.set(one.id, one);
  }
  run.byClause = new Map([...run.clauses, uncited].map((clause) => [clause.id, clause]));
  run.models = unique(run.targets.map(({ model }) => model));
}

/** For each target a word that is the same where the same came of the case; nothing where all is as promised. */
function behavioursOf(one) {
  if (!/[^p ]/.test(one.outcomes)) {
    return null;
  }
  const behaviours = Array.from(one.outcomes, (outcome, index) => (outcome === " " ? "" : outcome + one.severities[index]));
  for (const { targets, steps, end } of one.seen) {
    const seen = JSON.stringify([steps, end]);
    targets.forEach((index) => (behaviours[index] += seen));
  }
  return behaviours;
}
