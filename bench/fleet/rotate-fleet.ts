import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { startStack } from "../../local/stack.ts";
import { rotateCampaign } from "../../shared/operations/campaign/rotate-campaign.ts";
import { environmentOf } from "../../shared/runtime/environment.ts";
import { operatorPorts } from "../../shared/runtime/operator-ports.ts";

export interface FleetRun {
  readonly secrets: number;
  readonly seconds: number;
  /** Of the whole process, the functions included. */
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  /** What stays when it is over, beside what stood before. */
  readonly heldHeapMb: number;
  readonly functionCalls: number;
  readonly operatorCalls: number;
  /** Of the function's calls, those to Secrets Manager that write. */
  readonly writes: number;
}

const megabyte = 1_048_576;
const underWay = 8;
const isWrite = (operation: string): boolean => /^(?:Put|Update)/.test(operation);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / megabyte;
}

/** One campaign over so many secrets, with the function that was bundled, in a local stack of its own. */
export async function rotateFleet(secrets: number, bundlePath: string): Promise<FleetRun> {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startStack();
  cleanup.defer(async () => stack.stop());
  const sdk = new SecretsManager(stack.clientConfig);
  cleanup.defer(() => sdk.destroy());
  const lambda = new LambdaClient(stack.clientConfig);
  cleanup.defer(() => lambda.destroy());
  const functionArn = await stack.lambda.deploy({
    name: "rekey-rotate-trusting",
    bundlePath,
    timeoutMs: 30_000,
    environment: { EVENT_BUS_NAME: "default" },
    policies: [{ Statement: { Effect: "Allow", Action: "*", Resource: "*" } }],
  });
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: functionArn,
      StatementId: "rotation",
      Action: "lambda:InvokeFunction",
      Principal: "secretsmanager.amazonaws.com",
    }),
  );
  const names = Array.from({ length: secrets }, (_item, at) => `fleet/app-${at}`);
  for (const name of names) {
    const value = { engine: "trusting", host: "db", username: "app", password: crypto.randomUUID() };
    await sdk.createSecret({ Name: name, SecretString: JSON.stringify(value) });
    const rules = { RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 30 } };
    await sdk.rotateSecret({ SecretId: name, ...rules, RotateImmediately: false });
  }
  await stack.secretsManager.idle();

  Object.assign(process.env, {
    AWS_ENDPOINT_URL: stack.aws.endpoint,
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: "operator",
    AWS_SECRET_ACCESS_KEY: "operator",
  });
  const before = { requests: stack.aws.requests.length, heapMb: heapMb() };
  let peakRss = 0;
  const watch = setInterval(() => (peakRss = Math.max(peakRss, process.memoryUsage().rss)), 50);
  cleanup.defer(() => clearInterval(watch));
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const options = { campaign: "bench", waveSize: secrets, atOnce: underWay, startsPerSecond: 1_000, pollMs: 200 };
  let rotated = 0;
  for await (const event of rotateCampaign(operatorPorts(environmentOf({})), names, options, {
    signal: new AbortController().signal,
  })) {
    if (event.type === "campaign-finished") ({ rotated } = event);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const cpu = process.cpuUsage(startedCpu);
  if (rotated !== secrets) throw new Error(`${rotated} of ${secrets} were rotated`);
  const requests = stack.aws.requests.slice(before.requests);
  const ofFunction = requests.filter(({ principalArn }) => principalArn.includes("assumed-role"));
  return {
    secrets,
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1_000_000,
    peakRssMb: peakRss / megabyte,
    heldHeapMb: heapMb() - before.heapMb,
    functionCalls: ofFunction.length,
    operatorCalls: requests.length - ofFunction.length,
    writes: ofFunction.filter(({ service, operation }) => service === "secretsmanager" && isWrite(operation)).length,
  };
}
