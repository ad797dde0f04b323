import { writeFileSync } from "node:fs";
import { renderAsyncApi, renderDetails } from "./render-contract.ts";
import { renderSchemaTemplate } from "./render-schema-registry.ts";

writeFileSync(new URL("../../shared/events/details.ts", import.meta.url), renderDetails());
writeFileSync(new URL("../../events/asyncapi.json", import.meta.url), renderAsyncApi());
writeFileSync(new URL("../../templates/event-schemas.yaml", import.meta.url), renderSchemaTemplate());
