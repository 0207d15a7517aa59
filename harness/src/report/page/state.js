// The state, and the address that holds it.

function asked() {
  const words = new URLSearchParams(location.hash.slice(1));
  const asked = { ...NOTHING_CHOSEN };
  for (const [name, nothing] of Object.entries(NOTHING_CHOSEN)) {
    if (words.has(name)) {
      asked[name] = Array.isArray(nothing) ? words.getAll(name) : words.get(name);
    }
  }
  const open = run.byIdentity.get(asked.open);
  if (!run.models.includes(asked.model)) {
    asked.model = open?.model ?? run.models[0];
  }
  asked.view = asked.view === "cases" ? "cases" : "clauses";
  // A run that cites no clause, as laws may, has cases to show and nothing else.
  if (!words.has("view") && run.clauses.every(({ cases }) => cases.length === 0)) {
    asked.view = "cases";
  }
  if (asked.view === "clauses" && open && !open.cited.some(({ id }) => id === asked.under)) {
    asked.under = open.cited[0].id;
  }
  asked.outcome = Object.hasOwn(QUESTIONS, asked.outcome) ? asked.outcome : "all";
  asked.sort = Object.hasOwn(ORDERS, asked.sort) ? asked.sort : "name";
  return asked;
}

/** The address of a state; only what differs from nothing chosen is in it. */
function addressOf(wanted) {
  const words = new URLSearchParams();
  for (const [name, nothing] of Object.entries(NOTHING_CHOSEN)) {
    if (String(wanted[name]) !== String(nothing)) {
      [wanted[name]].flat().forEach((word) => words.append(name, word));
    }
  }
  return `#${words}`;
}

function change(part, isTyping = false) {
  state = { ...state, ...part };
  const remember = isTyping && wasTyping ? "replaceState" : "pushState";
  wasTyping = isTyping;
  try {
    history[remember](null, "", addressOf(state));
  } catch {
    // A frame without an address of its own cannot remember; the page works all the same.
  }
  render();
}
