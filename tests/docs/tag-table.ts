import { tagTable } from "../../shared/tags/tag-table.ts";

const code = (text: string): string => `\`${text}\``;

/** The table of tags in `docs/reference/secret.md`. */
export function tagTableRows(): string {
  const rows = Object.entries(tagTable).map(([name, { values, default: fallback, reader, meaning, page }]) => {
    const accepted = typeof values === "string" ? values : values.map(code).join(", ");
    const unset = fallback === undefined ? "" : `; default ${code(fallback)}`;
    const more = page === undefined ? "" : ` [More](${page})`;
    return `| ${code(name)} | ${accepted}${unset} | ${reader} | ${meaning}${more} |`;
  });
  return ["| tag | values | read by | meaning |", "|---|---|---|---|", ...rows, ""].join("\n");
}

export const tagTablePlace =
  /(<!-- made from shared\/tags\/tag-table\.ts by npm run docs -->\n\n)[\s\S]*?(?=\n[^|\n]|\n## )/u;
