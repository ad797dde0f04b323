import { styleText } from "node:util";
import { consoleVariables } from "./serve-console.ts";
import type { World } from "./world.ts";

/** Where to look while the demo is kept running, and what to paste into another terminal. */
export function howToLookAround(world: World, consoleAddress: string): string {
  const { stack } = world;
  const variables = Object.entries({ ...consoleVariables(world), VAULT_TOKEN: stack.vault.rootToken });
  return `
${styleText("bold", "Both services keep running until you press Ctrl-C.")} Rotate their credentials in the web console:

  ${styleText("cyan", consoleAddress)}

Or paste this into another terminal:

  export ${variables.map(([name, value]) => `${name}=${value}`).join(" ")}

  npx rekey status --details
  npx rekey rotate demo/orders-api
  aws secretsmanager describe-secret --secret-id demo/orders-api
  vault kv get secret/demo/orders-api
`;
}
