import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/**
 * The changelog's section of a release. Throws, saying what is missing, unless `tag` is `v` and the version of
 * package.json, and the changelog has a section of that version that is dated and not empty.
 */
export function releaseNotes(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) throw new Error(`the tag ${tag} is not v${version}, which package.json says`);
  const sections = changelog.split(/^## /mu).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}] - `));
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## [${version}] - <date>"`);
  const [title = "", ...lines] = section.split("\n");
  if (!/ - \d{4}-\d{2}-\d{2}$/u.test(title))
    throw new Error(`the date of ${version} in CHANGELOG.md is not YYYY-MM-DD`);
  const notes = lines.join("\n").trim();
  if (notes === "") throw new Error(`the section of ${version} in CHANGELOG.md is empty`);
  return notes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = async (file: string): Promise<string> => readFile(new URL(`../${file}`, import.meta.url), "utf8");
  const { version } = JSON.parse(await read("package.json")) as { version: string };
  try {
    console.log(releaseNotes(process.argv[2] ?? "", version, await read("CHANGELOG.md")));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
