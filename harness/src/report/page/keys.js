// What is pressed.

function press(target) {
  const pressed = target.closest("tr.clause, tr.case");
  // Who marks a text to copy it wants no row opened.
  if (pressed === null || !getSelection().isCollapsed) {
    return;
  }
  const { id, under } = pressed.dataset;
  if (pressed.classList.contains("clause")) {
    return toggleClause(id);
  }
  const isOpen = state.open === id && (state.view === "cases" || state.under === under);
  if (isOpen) {
    return closeCase();
  }
  change({ open: id, under, clauses: [...new Set([...openClauses(), ...(under === "" ? [] : [under])])] });
  reveal();
}

function toggleClause(id) {
  const open = openClauses();
  if (!open.delete(id)) {
    open.add(id);
  }
  change({ clauses: [...open], ...(open.has(state.under) ? {} : { open: "", under: "" }) });
}

function closeCase() {
  const opened = openedRow();
  change({ open: "", under: "" });
  opened?.querySelector("button").focus();
}

/** Scrolls to the open case, or to the clause that a link leads to, if it is not to be seen whole. */
function reveal() {
  const opened = openedRow() ?? (state.under === "" ? undefined : madeRow(({ clause }) => clause?.id === state.under)?.element);
  if (opened === undefined) {
    return;
  }
  const bottom = Math.min(innerHeight, page.matrix.getBoundingClientRect().bottom);
  if (opened.getBoundingClientRect().top < table.tHead.getBoundingClientRect().bottom || opened.nextElementSibling.getBoundingClientRect().bottom > bottom) {
    const scroll = () => opened.scrollIntoView({ block: "start" });
    scroll();
    // Only now the browser knows how high the rows above are that it had skipped.
    requestAnimationFrame(scroll);
  }
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || page.help.open) {
    return;
  }
  if (event.key === "Escape") {
    return escape();
  }
  if (event.target.matches("input:not([type=radio], [type=checkbox]), select, textarea")) {
    return;
  }
  const isInRow = event.target.matches("button.name");
  const keys = {
    "/": () => page.search.select(),
    "?": () => page.help.showModal(),
    j: () => move(1),
    k: () => move(-1),
    ...(isInRow ? { ArrowDown: () => move(1), ArrowUp: () => move(-1) } : {}),
  };
  if (Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  }
}

function escape() {
  if (page.columns.open) {
    page.columns.open = false;
    page.columns.querySelector("summary").focus();
  } else if (document.activeElement === page.search && state.search !== "") {
    change({ search: "" });
  } else if (state.open !== "") {
    closeCase();
  } else {
    document.activeElement.blur();
  }
}

/** Moves the focus by rows, from the row that it is in, or from the open one. */
function move(by) {
  const names = () => [...table.querySelectorAll("button.name")];
  const within = document.activeElement.closest("tr.detail")?.previousElementSibling ?? document.activeElement.closest("tr") ?? table.querySelector("tr.open");
  const at = within === null ? -1 : names().indexOf(within.querySelector("button.name"));
  const next = at < 0 ? 0 : Math.max(0, at + by);
  if (next >= names().length) {
    makeRows(made + CHUNK);
  }
  const name = names()[next];
  name?.focus({ preventScroll: true });
  name?.closest("tr").scrollIntoView({ block: "nearest" });
}
