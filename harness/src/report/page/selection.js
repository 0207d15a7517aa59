// What is selected, and in which order.

function targetsOf(model) {
  // The implementation that gave the model its name comes first; the others, above all the reference, are what it is compared to.
  const targets = run.targets.filter((target) => target.model === model);
  const [own, others] = [targets.filter(({ implementation }) => implementation === model), targets.filter(({ implementation }) => implementation !== model)];
  return [own, ...unique(others.map(({ implementation }) => implementation)).map((name) => others.filter(({ implementation }) => implementation === name))].flat();
}

function implementations(targets) {
  return unique(targets.map(({ implementation }) => implementation)).map((name) => [name, targets.filter(({ implementation }) => implementation === name)]);
}

function chooseColumns() {
  columns = targetsOf(state.model).filter(({ name, implementation }) => !state.hidden.includes(name) && !state.hidden.includes(implementation));
}

/** The columns that the filters look at: the one that was chosen, or all that are shown. */
function lookedAt() {
  const chosen = columns.filter(({ name }) => name === state.target);
  return chosen.length > 0 ? chosen : columns;
}

/** Whether any of some letters stands for one of some targets. */
function came(word, at, letters) {
  return at.some(({ index }) => letters.includes(word[index]));
}

function select() {
  const words = state.search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  // A promise is looked through once, not once for each case that cites it.
  const clauses = words.map((word) => new Set([...run.byClause.values()].filter((clause) => searchable(clause).includes(word))));
  const finds = (one) => words.every((word, index) => searchable(one).includes(word) || one.cited.some((clause) => clauses[index].has(clause)));
  const { holds } = QUESTIONS[state.outcome];
  const at = lookedAt();
  const found = run.cases.filter((one) => one.model === state.model && QUESTIONS.all.holds(one, at) && holds(one, at) && finds(one));
  return sorted(found, ORDERS[state.sort].weigh);
}

/** What the search looks through. */
function searchable(item) {
  item.searchable ??= (item.promise === undefined
    ? [item.id, item.launch, item.scope ?? "", ...item.environment, ...item.steps.map(({ action }) => action), ...item.seen.map(({ reason }) => reason ?? "")]
    : [item.id, item.promise, ...item.sources]
  ).join("\n").toLowerCase();
  return item.searchable;
}

/** The heaviest first, and by name, as they come, where they weigh the same. */
function sorted(items, weigh) {
  if (weigh === undefined) {
    return items;
  }
  const weights = new Map(items.map((item) => [item, weigh(item)]));
  return items.toSorted((left, right) => weights.get(right) - weights.get(left));
}

function byName(left, right) {
  return left.id < right.id ? -1 : Number(left.id > right.id);
}

function differencesOf(one) {
  return one.behaviours === null ? 0 : lookedAt().filter(({ index }) => "kfsb".includes(one.outcomes[index])).length;
}

/** The columns at which another thing came of a case than at the release before, of the same implementation, where it ran. */
function turnsOf(one) {
  if (one.behaviours === null) {
    return [];
  }
  if (one.turnsFor !== columns) {
    const last = new Map();
    one.turnsFor = columns;
    one.turns = columns.filter(({ index, implementation }) => {
      const [before, now] = [last.get(implementation), one.behaviours[index]];
      if (now !== "") {
        last.set(implementation, now);
      }
      return now !== "" && before !== undefined && before !== now;
    });
  }
  return one.turns;
}

/** Whether one of some targets shows another thing than a release of its implementation beside it. */
function disagrees(one, at) {
  const turns = turnsOf(one);
  return at.some(({ implementation, index }) => one.outcomes[index] !== " " && turns.some((turn) => turn.implementation === implementation));
}
