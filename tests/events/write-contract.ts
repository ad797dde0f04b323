import { writeFileSync } from "node:fs";
import { renderAsyncApi, renderTypes } from "./render-contract.ts";

writeFileSync(new URL("../../events/details.ts", import.meta.url), renderTypes());
writeFileSync(new URL("../../events/asyncapi.json", import.meta.url), renderAsyncApi());
