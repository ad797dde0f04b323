import { codes } from "../../shared/errors/codes.ts";

/** `docs/reference/errors.md`, made from the table in the code. */
export function errorTable(): string {
  const rows = Object.entries(codes)
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([code, { disposition, meaning, hint }]) => `| \`${code}\` | ${disposition} | ${meaning} | ${hint} |`);
  return [
    "# Error codes",
    "",
    "Made from `shared/errors/codes.ts` by `npm run docs`.",
    "",
    "`retry`: the same call may succeed later. `abort`: the request can never succeed as it is. `intervene`: a human must act.",
    "",
    "| code | disposition | meaning | what to do |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
