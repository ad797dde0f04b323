import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { packageRoot } from "../package-root.ts";
import type { World } from "./world.ts";

/** The variables with which rekey's command line looks at the demo's world. */
export const consoleVariables = ({ stack, outputs, adminArn }: World): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: stack.aws.endpoint,
  AWS_REGION: stack.region,
  AWS_ACCESS_KEY_ID: "demo",
  AWS_SECRET_ACCESS_KEY: "demo",
  VAULT_ADDR: stack.vault.address,
  VAULT_AUTH: "token",
  VAULT_CREDENTIAL_SECRET: "rekey/vault",
  REKEY_ADMIN_SECRETS: adminArn,
  REKEY_ADOPTION_TABLE: outputs["AdoptionTableName"] ?? "",
});

/** Runs `rekey console` for the demo's world, until `cleanup` does. Returns its address; Enter makes it print another. */
export async function serveConsole(world: World, cleanup: AsyncDisposableStack): Promise<string> {
  const program = resolve(packageRoot, "dist/package/cli/rekey.js");
  const child = spawn(process.execPath, [program, "console"], {
    env: { ...process.env, ...consoleVariables(world) },
    stdio: ["inherit", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  cleanup.defer(async () => {
    child.kill("SIGTERM");
    await closed;
  });
  const lines = createInterface(child.stdout);
  const [address] = (await Promise.race([once(lines, "line"), closed.then(() => [""])])) as [string];
  lines.on("line", (line) => console.log(line));
  return address;
}
