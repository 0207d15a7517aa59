// Words.

/** A list of targets, short: an implementation is named once, and releases that stand side by side as a range. */
function targetsTold(indices) {
  const wanted = new Set(indices);
  return implementations(targetsOf(run.targets[indices[0]].model))
    .map(([implementation, targets]) => [implementation, ranges(targets, ({ index }) => wanted.has(index))])
    .filter(([, told]) => told.length > 0)
    .map(([implementation, told]) => shown(`${implementation} ${told.join(", ")}`))
    .join("; ");
}

function ranges(targets, isWanted) {
  const told = [];
  for (let at = 0; at < targets.length; at += 1) {
    const first = at;
    while (at < targets.length && isWanted(targets[at])) {
      at += 1;
    }
    const many = at - first;
    if (many > 2) {
      told.push(`${targets[first].release} to ${targets[at - 1].release}`);
    } else {
      told.push(...targets.slice(first, at).map(({ release }) => release));
    }
  }
  return told;
}

/** Puts the targets together of which the same is told. */
function gather(groups, tell) {
  const gathered = new Map();
  groups.forEach((group) => gathered.set(tell(group), [...(gathered.get(tell(group)) ?? []), ...group.targets]));
  return [...gathered];
}

/** A word as a POSIX shell takes it for one word, and for nothing else. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A text with all in it to be seen: what has no form, or turns the direction of what follows, is spelled out. */
function shown(words) {
  return words.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (letter) => (letter === "\n" ? letter : `\\u{${letter.codePointAt(0).toString(16)}}`));
}

function text(words) {
  return document.createTextNode(shown(words));
}

function code(words, kind = "") {
  return element("code", kind === "" ? {} : { class: kind }, text(words));
}

function digest(hex) {
  return element("code", { title: shown(hex) }, text(hex.slice(0, 12)));
}

function number(many) {
  return many.toLocaleString("en");
}

function duration(seconds) {
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 2 : 0)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** What is before the last separator. */
function before(words, separator) {
  return words.slice(0, Math.max(0, words.lastIndexOf(separator)));
}

function unique(items) {
  return [...new Set(items)];
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([attribute, value]) => made.setAttribute(attribute, value));
  made.append(...children);
  return made;
}

/** A button that copies what it is given, and says so. */
function copier(told, give) {
  const button = element("button", { type: "button", class: "copy" }, told);
  button.addEventListener("click", async () => {
    const isCopied = await copy(give());
    button.replaceChildren(isCopied ? "Copied" : "Not copied");
    setTimeout(() => button.replaceChildren(told), 1500);
  });
  return button;
}

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return copyMarked(words);
  }
}

/** The old way, for browsers that keep the clipboard from files. */
function copyMarked(words) {
  const area = element("textarea", { class: "aside" });
  area.value = words;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return isCopied;
}
