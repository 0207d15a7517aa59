// Runs to test the page with: a small one in which everything is known, one of the usual size, a large one, and those that are odd.

const QUESTIONS = {
  deno: [
    ["read", "path", ["/m", "/m/x", "/m/x/y", "/srv/keys/a", "./data.json", "/m/a b"]],
    ["write", "path", ["/m", "/tmp/out", "/m/x", "/m/link"]],
    ["net", "host", ["a.b", "a.b:80", "10.1.0.1", "[::1]:443", "*.example.test", "10.1.0.0/16"]],
    ["env", "variable", ["HOME", "NO_COLOR", "A_*", "PATH"]],
    ["run", "command", ["git", "/usr/bin/env", "./tool"]],
    ["sys", "kind", ["hostname", "osRelease", "cpus"]],
    ["ffi", "path", ["/m/lib.so"]],
    ["import", "host", ["jsr.io", "deno.land:443"]],
  ],
  node: [
    ["fs.read", "path", ["/m", "/m/a*", "/m/a/b", "/srv/keys/a"]],
    ["fs.write", "path", ["/m/ab", "/m/a/*", "/tmp"]],
    ["child", "command", ["node", "git"]],
    ["worker", "file", ["/m/worker.mjs"]],
    ["addon", "file", ["/m/addon.node"]],
    ["wasi", "file", ["/m/a.wasm"]],
  ],
};
const PLACES = ["forms", "lists", "precedence", "patterns", "malformed", "partial", "use", "values"];
const SUBJECTS = ["a-denied-path", "a-host-with-a-port", "a-whole-grant", "a-wildcard", "an-empty-list", "a-link-to-a-granted-folder", "a-repeated-flag", "a-name-in-another-case", "a-network", "a-child-process"];
const PREDICATES = ["inside-a-granted-one", "wins-over-a-narrower-one", "is-not-the-whole-kind", "stands-for-itself-alone", "is-refused", "is-granted-in-part", "keeps-its-state", "loses-to-an-equal-one", "is-read-as-it-is-written", "is-compared-letter-by-letter"];
const RULES = ["because of --deny-net=10.1.0.0/16", "because of --allow-read=/m", "because no --allow-net grants it", "because of --deny-env=A_*"];
const REASONS = [
  "Since 2.0 a query under a grant of the whole kind is answered before the descriptor is read, so a host that makes no sense is reported as granted; the same query fails as soon as anything is denied.",
  "A wildcard is compared with two characters of leniency, so that behind a separator it grants the directory itself; behind a letter the same leniency grants the beginning without its last letter, which is another path.",
  "A kind both granted and denied as a whole is taken for granted without a look at the denial, in queries and in use, though a denial is promised to win (CVE-2025-48888), fixed in 2.1.13, 2.2.13 and 2.3.2.",
];
const PROMISES = [
  "What is denied inside something granted is denied; the rest of it is granted.",
  "An IPv4 network in a list, as address and prefix length, stands for every address in it, for one port or all; bits past the prefix do not matter.",
  "A program gains a permission only through a flag or through the user's answer to a prompt.",
  "--allow-read grants reading everywhere; with a list of paths, only those files and folders and what is below them.",
];
const LEVELS = ["must", "must", "must", "should", "unspecified", "non-goal", "superseded"];
const DENO = ["1.46.3", "2.0.6", "2.1.14", "2.2.15", "2.4.4", "2.5.7", "2.6.8", "2.7.14", "2.8.3", "2.9.6"];
const NODE = ["20.20.2", "22.23.3", "23.8.0", "24.21.0", "25.9.0", "26.10.0"];
const REAL_DENO = ["1.46.3", "2.1.14", "2.5.7", "2.9.6"];

/** A run of the usual size: two models, twenty-seven targets, and the sizes of the corpus. */
export function usual() {
  const targets = [
    ...DENO.map((release) => target("reference", "deno", release)),
    ...NODE.map((release) => target("reference", "node", release)),
    ...REAL_DENO.map((release) => target("deno", "deno", release)),
    ...NODE.map((release) => target("node", "node", release)),
    target("nightly", "node", "27.0.0"),
  ];
  return generated({ targets, cases: 1900, clauses: 430, seed: 7 });
}

/** Ten thousand cases by twelve columns. */
export function large() {
  const targets = [
    ...DENO.slice(-6).map((release) => target("reference", "deno", release)),
    ...DENO.slice(-6).map((release) => target("deno", "deno", release)),
  ];
  return generated({ targets, cases: 10_000, clauses: 430, seed: 11 });
}

/** A run of laws, which have no steps, and may cite no clause. */
export function laws() {
  const targets = [target("node", "node", "23.8.0"), target("node", "node", "26.10.0")];
  const law = (name, outcomes, seen) => ({
    ...blank("node", `laws::node::fs-write::${name}`),
    file: "conformance/node/laws.toml",
    outcomes,
    severities: seen.length > 0 ? " -" : "  ",
    seen,
  });
  return counted({
    ...run(),
    laws: true,
    again: "cargo xtask conformance --laws",
    targets,
    clauses: [],
    cases: [
      law("a-grant-takes-nothing-away", "pf", [
        { targets: [1], steps: [], end: "--allow-fs-write=/m/ab --allow-fs-write=/m/a/*: fs.write /m/a is not granted, and granted without /m/ab", reason: null },
      ]),
      law("the-order-of-flags-does-not-matter", "pp", []),
    ],
  });
}

/** A run of nothing. */
export function empty() {
  return { ...run(), headline: "no case was run", targets: [], clauses: [], cases: [] };
}

/** A run in which every text is known, to be read by the tests. */
export function small() {
  const targets = [
    target("reference", "deno", "1.46.3"),
    target("reference", "deno", "2.5.7"),
    target("reference", "deno", "2.9.6"),
    target("deno", "deno", "1.46.3"),
    target("deno", "deno", "2.5.7"),
    target("deno", "deno", "2.9.6"),
    target("reference", "node", "26.10.0"),
    target("node", "node", "23.8.0"),
    { ...target("node", "node", "26.10.0"), argument: "--implementation 'node=./it'\\''s here'" },
  ];
  const clauses = [
    clause("deno.net.network", PROMISES[1], "must", ["release 2.6.0: networks in lists", "Security and permissions, Network access"]),
    clause("deno.precedence.denial-inside-grant", PROMISES[0], "must", ["Security and permissions, Key Principles"]),
    clause("deno.env.case", "Names of variables are compared letter by letter.", "unspecified", ["Deno.permissions API reference, Deno.EnvPermissionDescriptor"]),
    clause("node.fs.wildcard", "A star at the end stands for every path that begins so.", "should", ["Permissions, File System Permissions"]),
    { ...clause("deno.default.shared-storage", "Runs of the same application may share data.", "non-goal", ["Security and permissions, Key Principles"]), untested: "a documented non-goal about disk space and storage, which the format cannot observe" },
    { ...clause("node.default.inspector", "The inspector is off under the model.", "must", ["Permissions, Limitations"]), untested: "no case of it was selected" },
  ];
  const cases = [
    {
      ...blank("deno", "deno::net::precedence::a-denied-network-inside-a-granted-one"),
      file: "conformance/deno/net/precedence.toml",
      line: 181,
      clauses: [1, 0],
      launch: "deno run --allow-net=10.0.0.0/8 --deny-net=10.1.0.0/16",
      environment: ["NO_COLOR=1"],
      scope: "in a worker, permissions: {\"net\":\"inherit\"}",
      releases: ">=1.46.0",
      steps: [
        { action: "query net host=\"10.1.0.1\"", promise: "denied" },
        { action: "query net host=\"10.2.0.1\"", promise: "granted" },
      ],
      outcomes: "pppppk   ",
      severities: "     +   ",
      seen: [{ targets: [5], steps: ["granted", null], end: null, reason: "A denied network is looked at after the granted one." }],
      because: [
        { targets: [0, 3], steps: ["because of --deny-net", "because of --allow-net=10.0.0.0/8"] },
        { targets: [1, 2, 4, 5], steps: ["because of --deny-net=10.1.0.0/16", "because of --allow-net=10.0.0.0/8"] },
      ],
    },
    {
      ...blank("deno", "deno::env::names::a-name-in-another-case"),
      clauses: [2],
      launch: "deno run --allow-env=HOME",
      steps: [{ action: "query env variable=\"home\"", promise: "prompt" }],
      outcomes: "pppfsb   ",
      severities: "   -     ",
      seen: [
        { targets: [3], steps: ["denied"], end: null, reason: null },
        { targets: [5], steps: [], end: "died by signal 11, and not the second time", reason: null },
      ],
      because: [{ targets: [0, 1, 2, 3, 4, 5], steps: [null] }],
    },
    {
      ...blank("deno", "deno::env::names::a-name-as-it-is-written"),
      clauses: [2],
      launch: "deno run --allow-env=HOME",
      releases: ">=2.6.0",
      steps: [{ action: "query env variable=\"HOME\"", promise: "granted" }],
      outcomes: "  p  p   ",
      severities: "         ",
      because: [{ targets: [2, 5], steps: ["because of --allow-env=HOME"] }],
    },
    {
      ...blank("deno", "deno::flags::values::another-word-for-a-bad-value"),
      clauses: [2],
      launch: "deno run --allow-read=",
      steps: [{ action: "", promise: "the launch is refused: bad-value" }],
      outcomes: "pppkkk   ",
      severities: "   ~~~   ",
      seen: [{ targets: [3, 4, 5], steps: [], end: "started", reason: "Every release says so." }],
    },
    ...hostile(),
    {
      ...blank("node", "node::fs::wildcards::not-the-root-by-a-wildcard"),
      clauses: [3],
      launch: "node --permission '--allow-fs-read=/m/*'",
      steps: [{ action: "query fs.read path=\"/\"", promise: "denied" }],
      outcomes: "      pkk",
      severities: "       ++",
      seen: [{ targets: [7, 8], steps: ["granted"], end: null, reason: REASONS[1] }],
      because: [{ targets: [6, 7, 8], steps: [null] }],
    },
  ];
  return counted({ ...run(), complete: false, filters: ["deno::net", "it's"], partition: "hash:1/2", targets, clauses, cases });
}

export const HOSTILE = {
  script: "</script><img src=x onerror=\"window.harmed = true\"><!--",
  override: "abc\u202Egpj.exe",
  long: "x".repeat(6000),
  control: "A=\u0000\u001b[31m\nB",
  quote: "it's $(touch harmed) `harmed`",
};

function hostile() {
  const steps = Object.values(HOSTILE).map((text) => ({ action: text, promise: text }));
  return [
    {
      ...blank("deno", `deno::hostile::texts::${HOSTILE.script}`),
      clauses: [2],
      launch: HOSTILE.script,
      environment: Object.values(HOSTILE),
      scope: HOSTILE.override,
      file: HOSTILE.script,
      steps,
      outcomes: "ppppkp   ",
      severities: "    +    ",
      seen: [{ targets: [4], steps: steps.map(({ promise }) => `not ${promise}`), end: null, reason: HOSTILE.script }],
      because: [{ targets: [0, 1, 2, 3, 4, 5], steps: Object.values(HOSTILE) }],
    },
    { ...blank("deno", `deno::hostile::quotes::${HOSTILE.quote}`), clauses: [2], outcomes: "pppppp   ", severities: "         " },
    { ...blank("deno", `deno::hostile::order::${HOSTILE.override}`), clauses: [2], outcomes: "pppppp   ", severities: "         " },
    { ...blank("deno", `deno::hostile::long::${HOSTILE.long}`), clauses: [2], outcomes: "pppppp   ", severities: "         " },
  ];
}

function generated({ targets, cases, clauses, seed }) {
  const random = randomBy(seed);
  const models = [...new Set(targets.map(({ model }) => model))];
  const all = { ...run(), targets, clauses: [], cases: [] };
  for (let index = 0; index < clauses; index += 1) {
    const model = models[index % models.length];
    const [kind] = pick(random, QUESTIONS[model]);
    const id = `${model}.${kind}.${pick(random, SUBJECTS)}-${pick(random, PREDICATES)}-${index}`;
    const made = clause(id, pick(random, PROMISES), pick(random, LEVELS), ["Security and permissions, Key Principles", "release 2.6.0: networks in lists"]);
    all.clauses.push(index % 6 === 5 ? { ...made, untested: "the format has no step that could observe it" } : made);
  }
  for (let index = 0; index < cases; index += 1) {
    all.cases.push(generatedCase(random, all, models[index % models.length], index));
  }
  return counted(all);
}

function generatedCase(random, all, model, index) {
  const [kind, field, values] = pick(random, QUESTIONS[model]);
  const flag = model === "deno" ? `--allow-${kind}` : `--allow-${kind.replace(".", "-")}`;
  const denial = model === "deno" ? ` --deny-${kind}=${pick(random, values)}` : "";
  const place = pick(random, PLACES);
  const citable = all.clauses.flatMap(({ id, untested }, at) => (untested === null && id.startsWith(`${model}.`) ? [at] : []));
  const made = {
    ...blank(model, `${model}::${kind.replace(".", "-")}::${place}::${pick(random, SUBJECTS)}-${pick(random, PREDICATES)}-${index}`),
    file: `conformance/${model}/${kind}/${place}.toml`,
    line: 1 + Math.floor(random() * 400),
    clauses: [...new Set([pick(random, citable), pick(random, citable)])],
    launch: `${model} run ${flag}=${pick(random, values)}${denial}`,
    environment: random() < 0.1 ? ["NO_COLOR=1"] : [],
    scope: random() < 0.1 ? "in a worker, permissions: \"inherit\"" : null,
    releases: pick(random, ["all", "all", "all", ">=2.6.0", "<2.6.0"]),
  };
  for (let step = 0; step < 1 + Math.floor(random() * 4); step += 1) {
    made.steps.push({ action: `query ${kind} ${field}="${pick(random, values)}"`, promise: pick(random, ["granted", "denied", "prompt"]) });
  }
  const ran = all.targets.flatMap((target, at) => (target.model === model && isFor(made.releases, target.release) ? [at] : []));
  const differing = random() < 0.12 ? differences(random, all, ran) : [];
  made.outcomes = word(all.targets, (at) => (differing.includes(at) ? (random() < 0.01 ? "f" : "k") : ran.includes(at) ? "p" : " "));
  const severity = pick(random, ["+", "+", "-", "~"]);
  made.severities = word(all.targets, (at) => (differing.includes(at) ? severity : " "));
  if (differing.length > 0) {
    const seen = { "+": "granted", "-": "denied", "~": "prompt, and the name in another form" }[severity];
    made.seen = [{ targets: differing, steps: made.steps.map((_, at) => (at === 0 ? seen : null)), end: null, reason: pick(random, REASONS) }];
  }
  const half = ran.slice(0, Math.floor(ran.length / 2));
  const groups = half.length > 0 && random() < 0.2 ? [half, ran.slice(half.length)] : [ran];
  made.because = groups.map((targets) => ({ targets, steps: made.steps.map(() => (random() < 0.1 ? null : pick(random, RULES))) }));
  return made;
}

/** The targets that show a difference: those of an implementation from some release on, never the reference. */
function differences(random, all, ran) {
  const real = ran.filter((at) => all.targets[at].implementation !== "reference");
  return real.slice(Math.floor(random() * real.length));
}

function isFor(releases, release) {
  const newer = Number.parseFloat(release) >= 2.6;
  return releases === "all" || (releases.startsWith(">") ? newer : !newer);
}

function word(targets, letter) {
  return targets.map((_, at) => letter(at)).join("");
}

function run() {
  return {
    headline: "everything as expected; 292 over-grants and 178 over-denials, 492 differences known; 74 of 431 clauses untested; 19103 cases run, 65 not asked, 5596 not for the release",
    complete: true,
    laws: false,
    program: "0.1.0",
    corpus: "5cda658a60be97fee3b0a10ec8229569638c5e62598bb31f60cdaef330dac427",
    filters: [],
    partition: null,
    started: Date.UTC(2026, 10, 24, 23, 10, 5),
    stopped: Date.UTC(2026, 10, 24, 23, 14, 47),
    again: "cargo xtask conformance",
  };
}

function target(implementation, model, release) {
  const name = `${implementation}@${release}`;
  const digest = Array.from(name, (letter) => letter.codePointAt(0).toString(16)).join("").padEnd(64, "a4");
  return { name, implementation, model, release, argument: `--implementation ${name}`, program: digest, adapter: implementation === "reference" ? null : digest, milliseconds: 4321, notForRelease: 90, notAsked: 3 };
}

function clause(id, promise, level, sources) {
  return { id, promise, level, sources, untested: null };
}

function blank(model, id) {
  return { id, model, file: `conformance/${model}/env/names.toml`, line: 7, clauses: [], launch: "", environment: [], scope: null, releases: "all", steps: [], outcomes: "", severities: "", seen: [], because: [] };
}

/** Adds to the targets what their cases come to. */
function counted(all) {
  all.targets.forEach((target, at) => {
    const count = (field, letter) => all.cases.filter((one) => one[field][at] === letter).length;
    const [pass, known, fail, stale, broke] = Array.from("pkfsb", (letter) => count("outcomes", letter));
    const ran = pass + known + fail + stale + broke;
    Object.assign(target, { ran, pass, known, fail, stale, broke, overGrants: count("severities", "+"), overDenials: count("severities", "-") });
  });
  return all;
}

function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

/** Numbers that are the same every time. */
function randomBy(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
