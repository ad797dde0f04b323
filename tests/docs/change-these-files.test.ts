import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { sourceFiles } from "../architecture/check-imports.ts";
import { root } from "./fenced-blocks.ts";

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const jsonIn = (folder: string): readonly string[] =>
  readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => `${folder}/${file}`);

/** `npm run docs` writes these. */
const generated = new Set(["shared/events/details.ts", "events/asyncapi.json"]);
const written = [...sourceFiles(root), ...jsonIn("events"), ...jsonIn("events/examples"), "docs/runbook.md"]
  .filter((file) => !generated.has(file))
  .map((file) => ({ file, text: read(file) }));

const section =
  /^## Change these files\n([\s\S]*?)(?=^## |$(?![\s\S]))/mu.exec(read("docs/architecture.md"))?.[1] ?? "";
/** By what is new, the files that the row links to; a how-to only explains. */
const rows = new Map(
  [...section.matchAll(/^\| (?!a new|-)(.+?) \| (.+) \|$/gmu)].map(([, what = "", files = ""]) => [
    what,
    [...files.matchAll(/\]\(([^)]+)\)/gu)]
      .map(([, link = ""]) => path.join("docs", link))
      .filter((file) => !file.startsWith("docs/how-to/")),
  ]),
);

test.each([...rows])("for a new %s at most three files are named, and they are there", (_what, files) => {
  expect(files.length).toBeGreaterThan(1);
  expect(files.length).toBeLessThan(4);
  expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

/** How the example of each row is known by in the text of a file. */
const examples: Readonly<Record<string, RegExp>> = {
  tag: /\bvaultDbMountTag\b/,
  "field of an event": /\bretiredAtLatest\b/,
  "error code": /\baccount-refused\b/,
  "check of the doctor": /"tag-unknown"/,
  "flag of a command": /"--watch |"watch"/,
  "column of the fleet": /"next-rotation"/,
};

test.each(Object.entries(examples))(
  "the example of a %s is in the files that the list names, and in no other",
  (what, known) => {
    const found = written.filter(({ text }) => known.test(text)).map(({ file }) => file);
    expect(found.sort()).toEqual([...(rows.get(what) ?? [])].sort());
  },
);

test("every row has an example that is followed; an engine's is followed by tests/engines/new-engine.test.ts", () => {
  expect([...rows.keys()]).toEqual([...Object.keys(examples), "engine"]);
});
