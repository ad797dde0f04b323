import { readFileSync, writeFileSync } from "node:fs";
import { growthTableText } from "../../cli/commands/plan/plan-text.ts";
import { drawPictures } from "../../docs/images/draw-pictures.ts";
import { commandPage } from "./command-page.ts";
import { emulatorPage } from "./emulator-page.ts";
import { costTable } from "./cost-table.ts";
import { enginePage, engineFile } from "./engine-table.ts";
import { errorTable } from "./error-table.ts";
import { findingTable } from "./finding-table.ts";
import { servingTable, servingTablePlace } from "./serving-table.ts";
import { tagTablePlace, tagTableRows } from "./tag-table.ts";

const reference = new URL("../../docs/reference/", import.meta.url);
writeFileSync(new URL("cli.md", reference), commandPage());
writeFileSync(new URL("emulators.md", reference), emulatorPage());
writeFileSync(new URL("cost.md", reference), costTable());
writeFileSync(new URL("engines.md", reference), enginePage());
writeFileSync(new URL("../../cli/commands/engines/engines.json", reference), engineFile());
writeFileSync(new URL("errors.md", reference), errorTable());
writeFileSync(new URL("findings.md", reference), findingTable());

const capacity = new URL("../capacity.md", reference);
const printed = /(```text\n\$ rekey plan\n)[\s\S]*?(```)/;
writeFileSync(
  capacity,
  readFileSync(capacity, "utf8").replace(printed, (_, head, tail) => `${head}${growthTableText()}\n${tail}`),
);

const client = new URL("client.md", reference);
writeFileSync(
  client,
  readFileSync(client, "utf8").replace(servingTablePlace, (_, head) => `${head}${servingTable()}`),
);

const secret = new URL("secret.md", reference);
writeFileSync(
  secret,
  readFileSync(secret, "utf8").replace(tagTablePlace, (_, head) => `${head}${tagTableRows()}`),
);

const images = new URL("../../docs/images/", import.meta.url);
for (const [file, picture] of Object.entries(await drawPictures())) writeFileSync(new URL(file, images), picture);
