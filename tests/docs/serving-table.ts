import { type ServingRule, servingRules } from "../../shared/client/cache/serving-rules.ts";
import { codes, type ErrorCode } from "../../shared/errors/codes.ts";

/** The part of `docs/reference/client.md` that is made from the rules in the code. */
export function servingTable(): string {
  const rows = Object.entries(servingRules).map(
    ([code, { cause, servedFor, isRepeated, hint }]: readonly [string, ServingRule]) =>
      `| ${cause} | \`${code}\` | \`${servedFor}\` | ${isRepeated ? "3 times" : "once"} | ${hint ?? codes[code as ErrorCode].hint} |`,
  );
  return [
    "| cause | code | a held value is served for | asked | what to do |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

export const servingTablePlace =
  /(<!-- made from shared\/client\/cache\/serving-rules\.ts by npm run docs -->\n\n)[\s\S]*?(?=\n## )/u;
