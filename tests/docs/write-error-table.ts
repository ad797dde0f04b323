import { writeFileSync } from "node:fs";
import { errorTable } from "./error-table.ts";

writeFileSync(new URL("../../docs/reference/errors.md", import.meta.url), errorTable());
