import { existsSync } from "node:fs";

/** The `node_modules` of .ci/frameworks. What needs it is skipped without it. */
export function frameworkPackages(): string | undefined {
  const named = process.env["REKEY_FRAMEWORKS"] ?? "";
  if (existsSync(named)) return named;
  if (named !== "" || process.env["REKEY_REQUIRE_ALL"] === "1")
    throw new Error("REKEY_FRAMEWORKS does not name a folder (.ci/frameworks)");
  return undefined;
}
