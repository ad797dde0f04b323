import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import * as names from "../../shared/tags/tag-names.ts";
import { tagTable } from "../../shared/tags/tag-table.ts";
import { sourceFiles } from "./check-imports.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const sources = sourceFiles(root).map((file) => ({ file, source: read(file) }));

/** Names that look like tags and are ids of warnings, a property of the bill of materials, and placeholders. */
const others = new Set(["rekey:vpc", "rekey:tag", "rekey:bundled-in", "rekey:key", "rekey:foo"]);
const tagsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\brekey:[a-z]+(?:-[a-z]+)*/g)].map(([tag]) => tag).filter((tag) => !others.has(tag));
const isKnown = (tag: string): boolean => Object.hasOwn(tagTable, tag);

const withoutComments = (file: string, source: string): string =>
  parseSync(file, source).comments.reduceRight(
    (rest, { start, end }) => rest.slice(0, start) + rest.slice(end),
    source,
  );

const spelled = (file: string, source: string): readonly string[] =>
  tagsIn(source).length === 0 ? [] : tagsIn(withoutComments(file, source)).map((tag) => `${file} spells ${tag}`);

/** Examples stand for what users write, and write tags as users do. */
const writesTags = (file: string): boolean => /^(?:shared\/tags|examples)\//.test(file);

test("a tag is spelled in one file; all others import its name", () => {
  const found = sources.filter(({ file }) => !writesTags(file)).flatMap(({ file, source }) => spelled(file, source));
  expect(found).toEqual([]);
  const second = '/** By `rekey:grace`. */\nconst grace = tags.get("rekey:grace");';
  expect(spelled("x.ts", second)).toEqual(["x.ts spells rekey:grace"]);
});

test("comments, pages and templates name no tag that is not in the table", () => {
  const pages = ["docs", "templates", "deploy/template/sections"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(?:md|yaml)$/.test(file))
      .map((file) => path.join(folder, file)),
  );
  const texts = ["README.md", "SECURITY.md", "template.yaml", ...pages].map((file) => ({ file, source: read(file) }));
  const found = [...sources, ...texts].flatMap(({ file, source }) =>
    tagsIn(source)
      .filter((tag) => !isKnown(tag))
      .map((tag) => `${file} names ${tag}`),
  );
  expect(found).toEqual([]);
  expect(texts.flatMap(({ source }) => tagsIn(source)).length).toBeGreaterThan(50);
});

test.each(Object.entries(names))("%s is read outside of the table", (constant) => {
  const readers = sources.filter(({ file, source }) => !file.startsWith("shared/tags/") && source.includes(constant));
  expect(readers.map(({ file }) => file)).not.toEqual([]);
});
