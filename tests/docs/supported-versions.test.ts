import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { sourceFiles } from "../architecture/check-imports.ts";
import { pages, root } from "./fenced-blocks.ts";

interface Product {
  readonly oldestVersions?: Readonly<Record<string, string>>;
}

const facts = globSync("shared/engines/*/product.ts", { cwd: root });
const products = await Promise.all(facts.map(async (file) => (await import(path.join(root, file))) as Product));
const oldest = products.flatMap(({ oldestVersions = {} }) => Object.entries(oldestVersions));
const textOf = (file: string): string => readFileSync(path.join(root, file), "utf8");
const supported = /Supported: ([^\n]+) and newer\./gu;

test("the reference pages support each product from its oldest version on", () => {
  const said = pages
    .filter((page) => page.startsWith("docs/reference/"))
    .flatMap((page) => [...textOf(page).matchAll(supported)].flatMap(([, versions = ""]) => versions.split(", ")));
  expect(said.toSorted()).toEqual(oldest.map((fact) => fact.join(" ")).toSorted());
});

test("no other line of a source or a page has an oldest version", () => {
  const spelled = oldest.map(([product, version]) => `${product} ${version}(?!\\.?\\d)|"${version}"`);
  const fact = new RegExp(spelled.join("|").replaceAll(/(?<=\d)\.(?=\d)/gu, "\\."), "u");
  const others = [...sourceFiles(root).filter((file) => !facts.includes(file)), ...pages];
  expect(others.filter((file) => fact.test(textOf(file).replaceAll(supported, "")))).toEqual([]);
});
