import { consoleVariables } from "./serve-console.ts";
import type { World } from "./world.ts";

/** Where to look while the demo is kept running, and what to paste into another terminal. */
export function howToLookAround(world: World, consoleAddress: string): string {
  const { stack } = world;
  const variables = Object.entries({ ...consoleVariables(world), VAULT_TOKEN: stack.vault.rootToken });
  return `
Left running until Ctrl-C, both services with it. Rotate them in the web console:

  ${consoleAddress}

Or in another terminal:

  export ${variables.map(([name, value]) => `${name}=${value}`).join(" ")}

  npx rekey status --details
  npx rekey rotate demo/orders-api
  aws secretsmanager describe-secret --secret-id demo/orders-api
  vault kv get secret/demo/orders-api
`;
}
