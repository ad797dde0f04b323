import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LockedPackage } from "./locked-packages.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const isLegal = (file: string): boolean => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i.test(file);

/** For packages that come without the text of their licence. This repository's own licence has Apache's terms, and then its own authors. */
const standardTexts: Readonly<Record<string, string>> = {
  MIT: await readFile(join(root, "bundle/mit-license.txt"), "utf8"),
  "Apache-2.0": (await readFile(join(root, "LICENSE"), "utf8")).replace(/^ *APPENDIX:.*/msu, ""),
};

async function legalTexts({ path, name, licenses }: LockedPackage): Promise<readonly string[]> {
  const files = (await readdir(join(root, path))).filter(isLegal).sort();
  if (files.length > 0) return Promise.all(files.map((file) => readFile(join(root, path, file), "utf8")));
  const text = licenses.map((license) => standardTexts[license]).find((known) => known !== undefined);
  if (text === undefined) throw new Error(`${name} has no text of its licence, which is ${licenses.join(", ")}`);
  const { author } = JSON.parse(await readFile(join(root, path, "package.json"), "utf8")) as {
    author?: string | { readonly name: string };
  };
  const holder = typeof author === "string" ? author : author?.name;
  return [
    `The package names its licence and its author, ${holder ?? "which is missing"}, without the text, which is:\n\n${text}`,
  ];
}

/** What must go along with code of these packages: name, version, licence, and each text once, under all that have it. */
export async function thirdPartyLicenses(packages: readonly LockedPackage[]): Promise<string> {
  const titlesOf = new Map<string, string[]>();
  for (const locked of packages) {
    const title = `${locked.name} ${locked.version} (${locked.licenses.join(" or ")})`;
    for (const text of await legalTexts(locked)) {
      const trimmed = text.replaceAll("\r\n", "\n").trim();
      titlesOf.set(trimmed, [...(titlesOf.get(trimmed) ?? []), title]);
    }
  }
  const parts = [...titlesOf].map(([text, titles]) => `${titles.join("\n")}\n\n${text}\n`);
  return ["This program contains code of the following packages.\n", ...parts].join(`\n${"-".repeat(80)}\n\n`);
}
