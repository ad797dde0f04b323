import { resolve } from "node:path";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { startConsole } from "../../../console/server/console-server.ts";
import { packageRoot } from "../../../local/package-root.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { Run } from "../../command.ts";
import { numberOption } from "../../options.ts";
import { operatorWithClusters } from "../../wiring/operator.ts";
import { print, printError } from "../../output/output.ts";
import { secretOperations } from "../../wiring/secret-operations.ts";
import { defined } from "../../../shared/secrets/defined.ts";

function portOf(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new RekeyError("option-invalid", { context: { option: "port", value: port }, hint: "use 0 to 65535" });
}

/** Where the SDK's clients go, by the environment or the profile. */
const regionOfClients = async (): Promise<string> =>
  new SecretsManagerClient({}).config.region().catch(() => {
    throw new RekeyError("option-invalid", {
      context: { option: "region", problem: "none is set" },
      hint: "say --region, or a --profile that has one",
    });
  });

/** Serves the web console until Ctrl-C. */
export const run: Run = async (_words, options, { signal, program }) => {
  const ports = await operatorWithClusters(options);
  const { AWS_ENDPOINT_URL } = process.env;
  const place = {
    region: await regionOfClients(),
    ...defined({ endpoint: AWS_ENDPOINT_URL }),
    clusters: ports.mirrors.map(({ cluster }) => cluster),
    hasAdoptions: ports.adoptions !== undefined,
    version: program.version,
  };
  const served = await startConsole({
    port: portOf(numberOption(options, "port") ?? 0),
    folder: resolve(packageRoot, "dist/package/console"),
    ports,
    operations: secretOperations(),
    place,
  });
  try {
    print(served.newAddress());
    printError("open it within ten minutes; it opens once. Enter gives another, Ctrl-C ends the console");
    const reprint = (): void => print(served.newAddress());
    process.stdin.on("data", reprint);
    if (!signal.aborted) await new Promise((done) => signal.addEventListener("abort", done, { once: true }));
    process.stdin.off("data", reprint).pause();
  } finally {
    await served.stop();
  }
  return 0;
};
