import { writeFileSync } from "node:fs";
import { emulatorPage } from "./emulator-page.ts";
import { errorTable } from "./error-table.ts";
import { findingTable } from "./finding-table.ts";

const reference = new URL("../../docs/reference/", import.meta.url);
writeFileSync(new URL("emulators.md", reference), emulatorPage());
writeFileSync(new URL("errors.md", reference), errorTable());
writeFileSync(new URL("findings.md", reference), findingTable());
