import { existsSync } from "node:fs";
import path from "node:path";
import type { Binaries } from "../../local/postgres/binaries.ts";

function findPostgres15(): Binaries | undefined {
  const folder = process.env["REKEY_POSTGRES15_BIN"] ?? "/usr/lib/postgresql/15/bin";
  const binaries = { initdb: path.join(folder, "initdb"), postgres: path.join(folder, "postgres") };
  if (Object.values(binaries).every((file) => existsSync(file))) return binaries;
  if (process.env["REKEY_REQUIRE_ALL"] === "1") {
    throw new Error("no PostgreSQL 15: install Debian's postgresql-15, or set REKEY_POSTGRES15_BIN to its bin folder");
  }
  return undefined;
}

/**
 * PostgreSQL 15, from Debian's place or `REKEY_POSTGRES15_BIN`; its tests are skipped without it, and fail to load
 * without it under `REKEY_REQUIRE_ALL=1`.
 */
export const postgres15: Binaries | undefined = findPostgres15();
