// What is open.

function openClauses() {
  return new Set([...state.clauses, ...(state.under === "" ? [] : [state.under])]);
}

/** Opens and closes what the state says, and leaves all other rows as they are. */
function showOpen() {
  const wanted = openClauses();
  const isMade = ({ element }, index) => index < made && element !== undefined;
  for (const row of rows.filter(isMade)) {
    if (row.clause !== undefined && wanted.has(row.clause.id) !== (row.children !== undefined)) {
      row.children === undefined ? openClause(row) : closeClause(row);
    }
  }
  table.querySelectorAll("tr.detail").forEach(closeDetail);
  const opened = openedRow();
  if (opened !== undefined) {
    mark(opened, true);
    opened.after(wideRow("detail", detail(run.byIdentity.get(state.open))));
  }
}

function closeDetail(detail) {
  mark(detail.previousElementSibling, false);
  detail.remove();
}

function mark(row, isOpen) {
  row.classList.toggle("open", isOpen);
  row.querySelector("button").setAttribute("aria-expanded", String(isOpen));
}

/** The row of the open case. */
function openedRow() {
  if (state.open === "") {
    return undefined;
  }
  if (state.view === "cases") {
    return madeRow(({ one }) => one.id === state.open)?.element;
  }
  return madeRow(({ clause }) => clause.id === state.under)?.children.find(({ dataset }) => dataset.id === state.open);
}

/** A row that is wanted; rows are made up to it. */
function madeRow(isWanted) {
  const at = rows.findIndex(isWanted);
  makeRows(Math.max(made, at + 1));
  return rows[at];
}

function openClause(row) {
  const { clause, cases } = row;
  const others = clause.cases.length - cases.length;
  row.children = [wideRow("promise", aboutClause(clause, others)), ...cases.map((one) => caseRow(one, clause.id, false))];
  row.element.after(...row.children);
  mark(row.element, true);
}

function closeClause(row) {
  row.children.forEach((child) => child.remove());
  row.children = undefined;
  mark(row.element, false);
}

function wideRow(kind, content) {
  return element("tr", { class: kind, role: "row" }, element("td", { role: "cell", colspan: String(columns.length + 1) }, content));
}

function aboutClause(clause, others) {
  const about = element("div", { class: "about" }, ...promiseOf(clause));
  if (others > 0) {
    about.append(element("p", { class: "quiet" }, others === 1 ? "1 other case of this clause is not selected." : `${number(others)} other cases of this clause are not selected.`));
  }
  return about;
}

function promiseOf({ promise, level, sources }) {
  return [
    element("p", { class: "promise" }, text(promise)),
    element("ul", { class: "sources" }, element("li", { class: "level" }, text(level)), ...sources.map((source) => element("li", {}, text(source)))),
  ];
}

function detail(one) {
  const [, ...area] = one.id.split("::");
  const close = element("button", { type: "button", class: "close" }, "Close");
  close.addEventListener("click", closeCase);
  const link = copier("Copy link", () => location.href.split("#")[0] + addressOf({ ...NOTHING_CHOSEN, model: one.model, view: "cases", open: one.id }));
  return element(
    "article",
    { "aria-label": shown(area.at(-1) ?? one.id) },
    element("header", {}, element("h2", {}, code(one.id)), element("div", { class: "actions" }, link, close)),
    element("p", { class: "place" }, code(`${one.file}:${one.line}`), element("span", {}, "releases: ", code(one.releases))),
    launchOf(one),
    ...section(one.steps.length > 0 ? "Steps" : "What was seen", (one.steps.length > 0 || one.seen.length > 0) && stepsOf(one)),
    ...section("What came of it", outcomesOf(one)),
    ...section(one.cited.length === 1 ? "Clause" : "Clauses", one.clauses.length > 0 && clausesOf(one)),
    ...section("Run it again", commandsOf(one)),
  );
}

function section(title, content) {
  return content ? [element("section", {}, element("h3", {}, title), content)] : [];
}

function launchOf(one) {
  const facts = element("dl", { class: "launch" });
  const add = (name, ...told) => facts.append(element("dt", {}, name), element("dd", {}, ...told));
  if (one.launch !== "") {
    add("command line", code(one.launch));
  }
  if (one.environment.length > 0) {
    add("environment", ...one.environment.map((variable) => element("div", {}, code(variable))));
  }
  if (one.scope !== null) {
    add("scope", code(one.scope));
  }
  return facts;
}

/** Each step with its promise, what was seen in its place and where, and the rules that settle it. */
function stepsOf(one) {
  const ends = gather(one.seen.filter(({ end }) => end !== null), ({ end }) => end).map(([told, targets]) => answer("+", "seen", told, targetsTold(targets)));
  // What is promised of the launch itself is a step without an action, and in its place stands how it ended.
  const isLaunch = one.steps.length === 1 && one.steps[0].action === "";
  const steps = one.steps.map(({ action, promise }, at) => {
    const seen = gather(one.seen.filter(({ steps }) => typeof steps[at] === "string"), ({ steps }) => steps[at]);
    const isMissed = seen.length > 0 || ends.length > 0;
    return step(isLaunch ? "the launch" : `${at + 1}. ${action}`, [
      answer(isMissed ? "−" : " ", isMissed ? "promised" : "", promise, "promised"),
      ...seen.map(([told, targets]) => answer("+", "seen", told, targetsTold(targets))),
      ...(isLaunch ? ends : []),
    ], rulesOf(one, at));
  });
  const ended = isLaunch || ends.length === 0 ? [] : [step(one.steps.length > 0 ? "ended another way" : "", ends)];
  return element("ol", { class: "steps" }, ...steps, ...ended);
}

function step(action, answers, ...rules) {
  return element("li", {}, code(action, "action"), element("ul", { class: "answers" }, ...answers), ...rules);
}

function answer(sign, kind, told, who) {
  return element("li", { class: kind }, element("span", { class: "mark" }, sign), code(told), element("span", { class: "who" }, who));
}

function rulesOf(one, at) {
  const rules = gather(one.because.filter(({ steps }) => steps[at] !== undefined), ({ steps }) => steps[at]);
  const told = (rule, targets) => [rule === null ? element("span", { class: "quiet" }, "no rule settles it") : text(rule), ...(rules.length > 1 ? [element("span", { class: "who" }, targetsTold(targets))] : [])];
  return element("ul", { class: "rules" }, ...rules.map(([rule, targets]) => element("li", {}, ...told(rule, targets))));
}

/** What came of the case, the targets together of which the same is to be said. */
function outcomesOf(one) {
  const groups = new Map();
  for (const { index } of targetsOf(one.model)) {
    const [kind, sign, told] = cameOf(one, index);
    const reason = one.seen.find(({ targets }) => targets.includes(index))?.reason ?? null;
    const key = JSON.stringify([told, reason]);
    groups.set(key, { kind, sign, told: told || "not run: not for the release, or not to be asked", reason, targets: [...(groups.get(key)?.targets ?? []), index] });
  }
  const items = [...groups.values()].map(({ kind, sign, told, reason, targets }) =>
    element("li", {}, element("span", { class: `sign ${kind}`, "aria-hidden": "true" }, sign), element("div", {}, element("strong", {}, told), " ", element("span", { class: "who" }, targetsTold(targets)), ...(reason === null ? [] : [element("p", { class: "reason" }, text(reason))]))),
  );
  return element("ul", { class: "outcomes" }, ...items);
}

function clausesOf(one) {
  const about = (clause) => element("li", {}, element("a", { href: addressOf({ ...NOTHING_CHOSEN, model: one.model, under: clause.id }) }, code(clause.id)), ...promiseOf(clause));
  return element("ul", { class: "clauses" }, ...one.cited.map(about));
}

function commandsOf(one) {
  const ran = targetsOf(one.model).filter(({ index }) => one.outcomes[index] !== " ");
  const commands = ran.map(({ name, argument }) => {
    const command = `${run.again} ${quoted(one.id)} ${argument}`;
    const copy = copier("Copy", () => command);
    copy.setAttribute("aria-label", `Copy the command for ${shown(name)}`);
    return element("li", {}, element("span", { class: "who" }, text(name)), code(command), copy);
  });
  return ran.length > 0 && element("ul", { class: "commands" }, ...commands);
}
