import { createRequire } from "node:module";
import process from "node:process";
import { RekeyError } from "rekey/client";
import { useRekey } from "./service.ts";

const { fakeSecretClient } = createRequire(import.meta.url)("rekey/testing") as typeof import("rekey/testing");
const error: unknown = await fakeSecretClient()
  .get("unknown")
  .catch((reason: unknown) => reason);
process.stdout.write(`${await useRekey()}\nof the required format: ${error instanceof RekeyError}\n`);
