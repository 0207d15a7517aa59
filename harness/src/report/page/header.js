// The header: what is to be known of the run.

function showHeader() {
  page.incomplete.hidden = run.complete;
  page.headline.append(...run.headline.split("; ").map((part) => element("li", {}, text(part))));
  const seconds = Math.max(0, run.stopped - run.started) / 1000;
  const began = new Date(run.started);
  const facts = [
    element("span", {}, "Run ", element("time", { datetime: began.toISOString() }, `${began.toISOString().slice(0, 16).replace("T", " ")} UTC`), `, ${duration(seconds)}`),
    element("span", {}, "Permscope ", text(run.program)),
    element("span", {}, "corpus ", digest(run.corpus)),
  ];
  if (run.laws) {
    facts.push(element("span", {}, "laws instead of cases"));
  }
  if (run.filters.length > 0) {
    facts.push(element("span", {}, "only ", ...run.filters.flatMap((filter) => [code(filter), " "])));
  }
  if (run.partition !== null) {
    facts.push(element("span", {}, "part ", code(run.partition)));
  }
  page.facts.append(...facts);
  showTargets();
  showUntested();
}

function showTargets() {
  page["about-targets"].hidden = run.targets.length === 0;
  const many = run.targets.length;
  page["about-targets"].querySelector("summary").append(many === 1 ? "1 target" : `${many} targets`, ", with what was run on each and its digests");
  const fields = [
    ["ran", "ran"], ["passed", "pass"], ["known", "known"], ["failed", "fail"], ["stale", "stale"], ["broke", "broke"],
    ["over-grants", "overGrants"], ["over-denials", "overDenials"], ["not asked", "notAsked"], ["not for the release", "notForRelease"],
  ];
  const names = ["target", "model", ...fields.map(([told]) => told), "time", "program", "adapter"];
  const head = element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name))));
  const body = run.targets.map((target) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, code(target.name)),
      element("td", { class: "word" }, text(target.model)),
      ...fields.map(([, field]) => element("td", target[field] === 0 ? { class: "none" } : {}, number(target[field]))),
      element("td", {}, duration(target.milliseconds / 1000)),
      element("td", { class: "word" }, digest(target.program)),
      element("td", { class: "word" }, target.adapter === null ? "none" : digest(target.adapter)),
    ),
  );
  page.targets.append(head, element("tbody", {}, ...body));
}

function showUntested() {
  const untested = run.clauses.filter((clause) => clause.untested !== null);
  page["about-untested"].hidden = untested.length === 0;
  page["about-untested"].querySelector("summary").append(untested.length === 1 ? "1 clause" : `${number(untested.length)} clauses`, " that no case tests, and why");
  page.untested.append(...untested.flatMap((clause) => [element("dt", {}, code(clause.id)), element("dd", {}, text(clause.untested), element("span", { class: "promise" }, text(clause.promise)))]));
}
