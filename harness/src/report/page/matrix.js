// The matrix.

function render() {
  showControls();
  const { model, view, search, outcome, target, sort, hidden } = state;
  const wanted = JSON.stringify([model, view, search, outcome, target, sort, hidden]);
  if (wanted !== madeFor) {
    madeFor = wanted;
    makeMatrix();
  }
  showOpen();
}

function makeMatrix() {
  const columnsFor = JSON.stringify([state.model, state.hidden, state.target]);
  if (columnsFor !== columnsMadeFor) {
    columnsMadeFor = columnsFor;
    chooseColumns();
    showColumnControls();
  }
  page.outcome.value = state.outcome;
  const cases = select();
  rows = state.view === "cases" ? caseRows(cases) : clauseRows(cases);
  made = 0;
  table.querySelectorAll("tbody").forEach((body) => body.remove());
  makeHead();
  page.matrix.scrollTop = 0;
  makeRows(CHUNK);
  setTimeout(makeRowsInIdleTime, PAUSE, madeFor);
  showCount(cases);
}

function caseRows(cases) {
  return cases.map((one) => ({ one, area: before(one.id, "::") }));
}

/** The clauses that a selected case cites, each with its selected cases. */
function clauseRows(cases) {
  const cited = new Map();
  cases.forEach((one) => one.cited.forEach((clause) => cited.has(clause) ? cited.get(clause).push(one) : cited.set(clause, [one])));
  const { weigh } = ORDERS[state.sort];
  const sum = weigh && ((clause) => cited.get(clause).reduce((sum, one) => sum + weigh(one), 0));
  return sorted([...cited.keys()].sort(byName), sum).map((clause) => ({ clause, cases: cited.get(clause), area: before(clause.id, ".") }));
}

function makeHead() {
  const groups = implementations(columns);
  table.style.setProperty("--columns", columns.length);
  const heads = groups.map(([implementation, targets]) => {
    const head = element("th", { scope: "colgroup", role: "columnheader", colspan: String(targets.length), class: "implementation" }, element("span", {}, text(implementation)));
    head.style.gridColumn = `span ${targets.length}`;
    return head;
  });
  const isFirst = (target) => groups.some(([, [first]]) => first === target);
  const release = (target) => element("th", { scope: "col", role: "columnheader", class: isFirst(target) ? "release first" : "release" }, text(target.release));
  table.tHead.replaceChildren(
    element("tr", { role: "row" }, element("th", { scope: "col", role: "columnheader", rowspan: "2", class: "corner" }, state.view === "cases" ? (run.laws ? "Law" : "Case") : "Clause"), ...heads),
    element("tr", { role: "row" }, ...columns.map(release)),
  );
}

function makeRows(upTo) {
  const end = Math.min(upTo, rows.length);
  const bodies = [];
  for (let first = made; made < end; made += 1) {
    const row = rows[made];
    const isNewArea = state.sort === "name" && row.area !== rows[made - 1]?.area;
    // The browser skips the bodies that are not to be seen, so none must be too long.
    if (isNewArea || made === first || (made - first) % CHUNK === 0) {
      bodies.push(element("tbody", { role: "rowgroup" }, ...(isNewArea ? [areaRow(row.area)] : [])));
    }
    row.element = row.one === undefined ? clauseRow(row) : caseRow(row.one, "", state.sort === "name");
    bodies.at(-1).append(row.element);
    if (row.clause !== undefined && openClauses().has(row.clause.id)) {
      openClause(row);
    }
  }
  // How high a body that is skipped would be is guessed by its rows.
  bodies.forEach((body) => body.style.setProperty("--rows", body.rows.length));
  table.append(...bodies);
}

/** Makes the rows that are not to be seen yet while there is nothing else to do, so that the browser can find words in all. */
function makeRowsInIdleTime(wanted) {
  whenIdle(() => {
    if (wanted === madeFor && made < rows.length) {
      makeRows(made + CHUNK);
      makeRowsInIdleTime(wanted);
    }
  });
}

function whenIdle(act) {
  (window.requestIdleCallback ?? setTimeout)(act);
}

function areaRow(area) {
  return element("tr", { class: "area", role: "row" }, element("th", { scope: "rowgroup", role: "rowheader", colspan: String(columns.length + 1) }, element("span", {}, text(area))));
}

function clauseRow({ clause }) {
  const { turns, counts } = sumsOf(clause);
  const cells = columns.map((target, at) => cell(at, turns.has(target), ...counted(counts[at])));
  return row("clause", clause.id, "", nameParts(clause.id, ".", state.sort === "name"), turns.size > 0, cells);
}

/** What all cases of a clause come to in each column: no search changes it. */
function sumsOf(clause) {
  if (clause.sumsFor !== columns) {
    clause.sumsFor = columns;
    clause.sums = { turns: new Set(clause.cases.flatMap(turnsOf)), counts: columns.map(({ index }) => countOf(clause, index)) };
  }
  return clause.sums;
}

function countOf({ cases }, index) {
  const count = { all: 0, pass: 0, over: 0, less: 0, unexpected: 0 };
  for (const { outcomes, severities } of cases) {
    count.all += Number(outcomes[index] !== " ");
    count.pass += Number(outcomes[index] === "p");
    count.over += Number(severities[index] === "+");
    count.less += Number(severities[index] === "-");
    count.unexpected += Number("fsb".includes(outcomes[index]));
  }
  return count;
}

/** The kind of a clause's cell, its text, and its text in words. */
function counted({ all, pass, over, less, unexpected }) {
  if (all === 0) {
    return ["", "", ""];
  }
  const told = `${pass} of ${all} as promised`;
  if (unexpected > 0) {
    return ["wrong", `${SIGNS.wrong} ${pass}/${all}`, `${told}, ${unexpected} unexpected`];
  }
  if (over > 0) {
    return ["over", `${SIGNS.over} ${pass}/${all}`, `${told}, ${over} over-grant${over === 1 ? "" : "s"}`];
  }
  if (less > 0) {
    return ["less", `${pass}/${all}`, `${told}, ${less} over-denial${less === 1 ? "" : "s"}`];
  }
  return pass === all ? ["pass", String(all), told] : ["other", `${pass}/${all}`, told];
}

function caseRow(one, under, isNamedShort) {
  const turns = turnsOf(one);
  const cells = columns.map((target, at) => cell(at, turns.includes(target), ...cameOf(one, target.index)));
  return row("case", one.id, under, nameParts(one.id, "::", isNamedShort), turns.length > 0, cells);
}

/** The kind of a case's cell, its text, and its text in words. */
function cameOf({ outcomes, severities }, index) {
  const outcome = outcomes[index];
  if (outcome === " ") {
    return ["", "", ""];
  }
  const severity = SEVERITIES[severities[index]];
  const told = severity === undefined ? OUTCOMES[outcome] : `${severity.told}, ${OUTCOMES[outcome]}`;
  const sign = severity === undefined ? "" : SIGNS[severity.kind];
  switch (outcome) {
    case "p":
      return ["pass", SIGNS.pass, told];
    case "k":
      return [severity?.kind ?? "known", sign || SIGNS.known, told];
    case "f":
      return ["wrong", SIGNS.wrong + sign, told];
    default:
      return ["wrong", `${SIGNS.wrong} ${OUTCOMES[outcome]}`, told];
  }
}

function cell(at, isTurn, kind, sign, told) {
  const target = columns[at];
  const isFirst = at === 0 || columns[at - 1].implementation !== target.implementation;
  const made = document.createElement("td");
  made.setAttribute("role", "cell");
  made.className = `${kind}${isTurn ? " turn" : ""}${isFirst ? " first" : ""}`;
  // A sign that says all by itself needs no other name, and there are a great many of them.
  if (isTurn || (kind !== "pass" && kind !== "")) {
    const name = isTurn ? `${told}, unlike the release before` : told;
    made.append(element("span", { role: "img", "aria-label": name, title: `${shown(target.name)}: ${name}` }, sign));
  } else {
    made.textContent = sign;
  }
  return made;
}

function row(kind, id, under, name, isDisagreed, cells) {
  const button = element("button", { type: "button", class: "name", "aria-expanded": "false" }, ...name);
  const head = element("th", { scope: "row", role: "rowheader" }, button);
  if (isDisagreed) {
    head.append(element("span", { class: "disagree", role: "img", "aria-label": "versions disagree", title: "versions disagree" }, SIGNS.disagree));
  }
  const made = element("tr", { class: kind, role: "row" }, head, ...cells);
  Object.assign(made.dataset, { id, under });
  return made;
}

/** A name in two parts; the first goes without saying where it stands above. */
function nameParts(id, separator, isShort) {
  const area = before(id, separator);
  const last = element("span", { class: "last" }, text(id.slice(area.length)));
  if (area === "") {
    return [last];
  }
  last.replaceChildren(text(id.slice(area.length + separator.length)));
  return isShort ? [last] : [element("span", { class: "before" }, text(area + separator)), last];
}

function showCount(cases) {
  const all = run.cases.filter(({ model }) => model === state.model).length;
  const what = run.laws ? "laws" : "cases";
  const among = state.view === "cases" ? "" : ` in ${number(rows.length)} ${rows.length === 1 ? "clause" : "clauses"}`;
  page.count.replaceChildren(`${number(cases.length)} of ${number(all)} ${what}${among}`);
  page.told.replaceChildren(text(chosen()));
  page.matrix.hidden = cases.length === 0;
  page.empty.hidden = cases.length > 0;
  if (cases.length === 0) {
    const all = element("button", { type: "button" }, `Show all ${what}`);
    all.addEventListener("click", clear);
    page.empty.replaceChildren(element("p", {}, columns.length === 0 ? "All columns are hidden." : `No ${what} are like that. Fewer words find more; another outcome, release, or model may have some.`), all);
  }
}

/** What is chosen, in words: on paper the controls are not to be seen. */
function chosen() {
  const parts = [`model ${state.model}`];
  if (state.outcome !== "all") {
    parts.push(QUESTIONS[state.outcome].told);
  }
  if (lookedAt() !== columns) {
    parts.push(`on ${state.target}`);
  }
  if (state.search !== "") {
    parts.push(`with “${state.search}”`);
  }
  return [...parts, ORDERS[state.sort].told].join(", ");
}
