import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { fencedBlocks, root } from "./fenced-blocks.ts";

const page = "docs/architecture.md";
const isMissing = (file: string): boolean => !existsSync(path.join(root, file));

test("each folder of the tree is there", () => {
  const [tree] = fencedBlocks(page);
  const folders = [...(tree?.text ?? "").matchAll(/(?:^|  )([a-z]+)\//gmu)].map(([, folder = ""]) => folder);
  expect(folders.length).toBeGreaterThan(10);
  expect(folders.filter(isMissing)).toEqual([]);
});

test("each place that answers where something is changed is there", () => {
  const places =
    readFileSync(path.join(root, page), "utf8").match(/^## Where do I change[\s\S]*?(?=^## )/mu)?.[0] ?? "";
  const files = [...places.matchAll(/^\|[^|]+\| `([\w./-]+)/gmu)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(15);
  expect(files.filter(isMissing)).toEqual([]);
});
