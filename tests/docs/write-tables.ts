import { writeFileSync } from "node:fs";
import { errorTable } from "./error-table.ts";
import { findingTable } from "./finding-table.ts";

const reference = new URL("../../docs/reference/", import.meta.url);
writeFileSync(new URL("errors.md", reference), errorTable());
writeFileSync(new URL("findings.md", reference), findingTable());
