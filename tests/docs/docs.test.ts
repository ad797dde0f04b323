import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errorTable } from "./error-table.ts";
import { findingTable } from "./finding-table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
];

test.each([
  ["errors", errorTable],
  ["findings", findingTable],
])("the reference of %s is what the code says", (name, table) => {
  expect(readFileSync(path.join(root, `docs/reference/${name}.md`), "utf8")).toBe(table());
});

test.each(pages)("%s links to nothing that is not there", (page) => {
  const text = readFileSync(path.join(root, page), "utf8");
  const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target ?? "");
  const broken = links.filter(
    (link) => !/^[a-z]+:/.test(link) && !existsSync(path.join(root, path.dirname(page), link)),
  );
  expect(broken).toEqual([]);
});
