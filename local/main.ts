import { parseArgs } from "node:util";
import { RekeyError } from "../shared/errors/rekey-error.ts";
import { startStack } from "./stack.ts";

const usage =
  "usage: npm run local -- [--aws-port 4566] [--vault-port 8200] [--vault-token root] [--region us-east-1] [--account-id 123456789012] [--deploy]";

interface Options {
  readonly awsPort: number;
  readonly vaultPort: number;
  readonly vaultToken: string;
  readonly region: string;
  readonly accountId: string;
  readonly deploy: boolean;
}

function port(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/u.test(text) && value <= 65_535) return value;
  throw new RekeyError("option-invalid", { context: { option, problem: "not a port number" }, hint: usage });
}

/** Errors: `option-invalid`. */
function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        "aws-port": { type: "string", default: "4566" },
        "vault-port": { type: "string", default: "8200" },
        "vault-token": { type: "string", default: "root" },
        region: { type: "string", default: "us-east-1" },
        "account-id": { type: "string", default: "123456789012" },
        deploy: { type: "boolean", default: false },
      },
    });
    return {
      awsPort: port("--aws-port", values["aws-port"]),
      vaultPort: port("--vault-port", values["vault-port"]),
      vaultToken: values["vault-token"],
      region: values.region,
      accountId: values["account-id"],
      deploy: values.deploy,
    };
  } catch (error) {
    if (error instanceof RekeyError) throw error;
    const problem = error instanceof Error ? error.message : "unreadable";
    throw new RekeyError("option-invalid", { context: { problem }, hint: usage });
  }
}

/** Starts the local stack in the foreground; one JSON line says that it is ready, SIGTERM and SIGINT end it. */
async function main(): Promise<void> {
  const { deploy, ...options } = readOptions();
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const stack = await startStack(options);
  try {
    const outputs = deploy ? (await stack.deploy()).outputs : undefined;
    const { aws, vault, region, accountId } = stack;
    console.log(JSON.stringify({ aws: aws.endpoint, vault: vault.address, region, accountId, outputs }));
    await stopped;
  } finally {
    await stack.stop();
  }
}

try {
  await main();
} catch (error) {
  const known = error instanceof RekeyError && error.code === "option-invalid";
  console.error(error instanceof Error ? error.message : String(error));
  if (known) console.error(error.hint);
  process.exitCode = known ? 2 : 1;
}
