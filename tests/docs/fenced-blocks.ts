import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every page for readers, as a path below the root. */
export const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name)),
].sort();

const readPage = (page: string): string => readFileSync(path.join(root, page), "utf8");

export interface FencedBlock {
  /** `page:line`, where it begins. */
  readonly at: string;
  readonly page: string;
  readonly language: string;
  /** Without the indentation of its fence. */
  readonly text: string;
}

/** The fenced blocks of a page, in order. Throws for a fence that is not closed. */
export function fencedBlocks(page: string): readonly FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open:
    | { readonly line: number; readonly indent: string; readonly language: string; readonly lines: string[] }
    | undefined;
  for (const [index, line] of readPage(page).split("\n").entries()) {
    const [, indent, language = ""] = /^(\s*)```\s*(\S*)/u.exec(line) ?? [];
    if (indent === undefined) {
      open?.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else if (open === undefined) {
      open = { line: index + 1, indent, language, lines: [] };
    } else {
      blocks.push({ at: `${page}:${open.line}`, page, language: open.language, text: `${open.lines.join("\n")}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line} opens a block that nothing closes`);
  return blocks;
}

export const blocksIn = (language: string): readonly FencedBlock[] =>
  pages.flatMap(fencedBlocks).filter((block) => block.language === language);
