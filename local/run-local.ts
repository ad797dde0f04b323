import { RekeyError } from "../shared/errors/rekey-error.ts";
import { defined } from "../shared/secrets/defined.ts";
import { startStack } from "./stack.ts";

export interface LocalOptions {
  /** 4566 unless given; 0 takes a free one. */
  readonly awsPort?: string | undefined;
  /** 8200 unless given. */
  readonly vaultPort?: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly vaultToken?: string | undefined;
  readonly region?: string | undefined;
  readonly accountId?: string | undefined;
  /** Whether CloudTrail's records of calls are events, as in an account with a trail. */
  readonly trail: boolean;
  /** Whether to deploy the template. */
  readonly deploy: boolean;
  /** A file in place of the package's own template. */
  readonly template?: string | undefined;
}

function port(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/u.test(text) && value <= 65_535) return value;
  throw new RekeyError("option-invalid", { context: { option, problem: "not a port number" } });
}

/**
 * The local stack in the foreground, until the signal fires; one JSON line on stdout says that it is ready. Errors:
 * `option-invalid`.
 */
export async function runLocal(options: LocalOptions, signal: AbortSignal): Promise<void> {
  const { awsPort = "4566", vaultPort = "8200", vaultToken = "root", allowedHosts, deploy, template, trail } = options;
  const { region = "us-east-1", accountId = "123456789012" } = options;
  const ports = { awsPort: port("--aws-port", awsPort), vaultPort: port("--vault-port", vaultPort) };
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const stack = await startStack({ ...ports, allowedHosts, vaultToken, region, accountId, trail });
  try {
    const outputs = deploy ? (await stack.deploy(defined({ templatePath: template }))).outputs : undefined;
    const { aws, vault } = stack;
    console.log(JSON.stringify({ aws: aws.endpoint, vault: vault.address, region, accountId, outputs }));
    await stopped;
  } finally {
    await stack.stop();
  }
}
