// Puts the page together as the program does: each marker is replaced by the file of that name, or by the data.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

import * as runs from "./generate.mjs";

/** The folder with the parts of the page. */
const PARTS = process.env.PAGE_TEMPLATE
  ? pathToFileURL(`${process.env.PAGE_TEMPLATE}/`)
  : new URL("../../src/report/page/", import.meta.url);

export function assemble(run) {
  const part = (name) => readFileSync(new URL(name, PARTS), "utf8");
  const data = typeof run === "string" ? run : JSON.stringify(run).replaceAll("<", "\\u003c");
  return part("page.html").replace(/\{\{([a-z.]+)\}\}/g, (_, name) => (name === "run" ? data : part(name)));
}

// By hand: node assemble.mjs usual page.html
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , name, path] = process.argv;
  writeFileSync(path, assemble(runs[name]()));
}
