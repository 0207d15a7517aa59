// The controls.

function makeControls() {
  page.model.append(...run.models.map((model) => choice("model", model, model)));
  page.model.hidden = run.models.length === 1;
  page.view.append(choice("view", "clauses", "Clauses"), choice("view", "cases", run.laws ? "Laws" : "Cases"));
  page.sort.append(...Object.entries(ORDERS).map(([value, { told }]) => element("option", { value }, told)));
  const signs = [
    ["pass", SIGNS.pass, "as promised"],
    ["over", SIGNS.over, "over-grant, more access than promised"],
    ["less", SIGNS.less, "over-denial, less access"],
    ["other", SIGNS.other, "another word about the same access"],
    ["wrong", SIGNS.wrong, "unexpected"],
    ["turn", "", "unlike the release before"],
    ["disagree", SIGNS.disagree, "versions disagree"],
  ];
  page.signs.append(...signs.map(([kind, sign, told]) => element("li", {}, element("span", { class: `sign ${kind}` }, sign), ` ${told}`)));
}

function choice(name, value, told) {
  return element("label", {}, element("input", { type: "radio", name, value }), element("span", {}, text(told)));
}

function listen() {
  page.controls.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["model", "view", "outcome", "target", "sort"]) {
    // A target is of one model, and what is open may be, too.
    page[name].addEventListener("change", ({ target }) => change(name === "model" ? { model: target.value, target: "", open: "", under: "" } : { [name]: target.value }));
  }
  page.search.addEventListener("input", () => change({ search: page.search.value }, true));
  page.clear.addEventListener("click", clear);
  page.ask.addEventListener("click", () => page.help.showModal());
  page.skip.addEventListener("click", () => move(0));
  page["column-choice"].addEventListener("change", ({ target }) => chooseColumn(target));
  table.addEventListener("click", ({ target }) => press(target));
  addEventListener("beforeprint", () => makeRows(rows.length));
  addEventListener("keydown", key);
  addEventListener("click", ({ target }) => page.columns.contains(target) || (page.columns.open = false));
  addEventListener("hashchange", () => {
    state = asked();
    wasTyping = false;
    render();
    reveal();
  });
}

function clear() {
  change({ search: "", outcome: "all", target: "", hidden: [] });
  page.search.focus();
}

/** Hides or shows a release, or all of an implementation: its name then stands for its targets. */
function chooseColumn({ checked, dataset: { implementation, target } }) {
  const of = targetsOf(state.model).filter((one) => one.implementation === implementation).map(({ name }) => name);
  const hidden = new Set(state.hidden.flatMap((name) => (name === implementation ? of : [name])));
  for (const name of target === undefined ? of : [target]) {
    checked ? hidden.delete(name) : hidden.add(name);
  }
  const isWhole = of.every((name) => hidden.has(name));
  const kept = [...hidden].filter((name) => !isWhole || !of.includes(name));
  change({ hidden: isWhole ? [...kept, implementation] : kept });
}

function showControls() {
  const { search, outcome, target, sort, hidden, model, view } = state;
  page.model.querySelector(`[value=${CSS.escape(model)}]`).checked = true;
  page.view.querySelector(`[value=${view}]`).checked = true;
  if (page.search.value !== search) {
    page.search.value = search;
  }
  page.sort.value = sort;
  page.clear.hidden = search === "" && outcome === "all" && target === "" && hidden.length === 0;
}

/** What depends on the columns: the numbers beside the outcomes, the targets, and the choice of columns itself. */
function showColumnControls() {
  const cases = run.cases.filter(({ model }) => model === state.model);
  const at = lookedAt();
  const options = Object.entries(QUESTIONS).map(([value, { told, holds }]) => {
    const many = cases.filter((one) => holds(one, at)).length;
    return element("option", { value }, `${told} (${number(many)})`);
  });
  page.outcome.replaceChildren(...options);
  const groups = implementations(columns).map(([implementation, targets]) => element("optgroup", { label: shown(implementation) }, ...targets.map(({ name }) => element("option", { value: name }, text(name)))));
  page.target.replaceChildren(element("option", { value: "" }, "any release shown"), ...groups);
  page.target.value = columns.some(({ name }) => name === state.target) ? state.target : "";
  showColumnChoice();
}

function showColumnChoice() {
  const all = targetsOf(state.model);
  page.columns.querySelector("summary").replaceChildren(columns.length === all.length ? "Columns" : `Columns (${columns.length} of ${all.length})`);
  const choices = page["column-choice"];
  // They are made anew for another model only, so that the focus stays on what was pressed.
  if (choices.dataset.model !== state.model) {
    choices.dataset.model = state.model;
    choices.replaceChildren(...implementations(all).map(columnChoice));
  }
  for (const input of choices.querySelectorAll("input")) {
    const { implementation, target } = input.dataset;
    const of = all.filter((one) => one.implementation === implementation && (target === undefined || one.name === target));
    const visible = of.filter((one) => columns.includes(one)).length;
    input.checked = visible === of.length;
    input.indeterminate = visible > 0 && visible < of.length;
  }
}

function columnChoice([implementation, targets]) {
  const box = (told, data) => {
    const input = element("input", { type: "checkbox" });
    Object.assign(input.dataset, data);
    return element("label", {}, input, text(told));
  };
  return element(
    "fieldset",
    {},
    element("legend", {}, box(implementation, { implementation })),
    ...targets.map(({ release, name }) => box(release, { implementation, target: name })),
  );
}
