import { dirname, join } from "node:path";
import type { Binaries } from "../../local/postgres/binaries.ts";
import { outsideProgram } from "./outside-program.ts";

const postgres = outsideProgram("REKEY_POSTGRES15", "Debian: postgresql-15", "/usr/lib/postgresql/15/bin/postgres");

/** PostgreSQL 15, from Debian's place or the file that `REKEY_POSTGRES15` names. */
export const postgres15: Binaries | undefined =
  postgres === undefined ? undefined : { initdb: join(dirname(postgres), "initdb"), postgres };
