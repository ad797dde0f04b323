import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

/** What raises codes that only the client or an operator's command has. */
const raisers = [
  "shared/aws/errors/aws-failure.ts",
  "shared/aws/errors/translate-records-error.ts",
  "shared/client/",
  "shared/operations/by-hand/roll-back-secret.ts",
  "shared/operations/by-hand/operator-request.ts",
  "shared/operations/campaign/await-rotation.ts",
  "shared/vault/read-refusal.ts",
].map((place) => fileURLToPath(new URL(`../${place}`, import.meta.url)));

/**
 * Codes that only the client or an operator's command raises, which no function has: their texts are 5 KB. A function that
 * reaches what raises them is not built.
 */
export const unreachedOfRekey: Plugin = {
  name: "unreached-of-rekey",
  setup({ onLoad }) {
    for (const place of raisers)
      if (!existsSync(place)) throw new Error(`${place} was moved: bundle/unreached-of-rekey.ts`);
    onLoad({ filter: /\/shared\/errors\/codes\/(?:client|connections|operators)\.ts$/ }, () => ({
      contents: "export const clientCodes = {}, connectionCodes = {}, operatorCodes = {};",
    }));
    onLoad({ filter: /\/shared\/.+\.ts$/ }, ({ path }) =>
      raisers.some((place) => path.startsWith(place))
        ? { errors: [{ text: `${path} raises codes that functions are built without (bundle/unreached-of-rekey.ts)` }] }
        : undefined,
    );
  },
};
