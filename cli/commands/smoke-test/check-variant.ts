import { pascalCase } from "../../../deploy/reading/function-names.ts";
import { engineNamed } from "../../wiring/engines.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { type AlarmStates, isQuiet } from "./alarm-states.ts";
import type { Bucket } from "./bucket.ts";
import { checkRotation } from "./check-rotation.ts";
import type { Checks } from "./checks.ts";
import type { SmokeClients } from "./clients.ts";
import type { KeyApi } from "./key-api.ts";
import { dataKeyTemplate, mainTemplate, subscriberTemplate } from "./package-files.ts";
import type { SmokeNames } from "./smoke-names.ts";
import { makeSecret, textOf } from "./smoke-secrets.ts";
import type { SmokeStacks } from "./stacks.ts";
import { subscriberOf } from "./subscriber.ts";
import type { SmokePlan, Variant } from "./variants.ts";
import { defined } from "../../../shared/secrets/defined.ts";

/** What a run works with. */
export interface SmokeRun {
  readonly clients: SmokeClients;
  readonly names: SmokeNames;
  readonly plan: SmokePlan;
  readonly bucket: Bucket;
  readonly stacks: SmokeStacks;
  readonly alarms: AlarmStates;
  readonly checks: Checks;
  readonly at: { readonly partition: string; readonly region: string; readonly account: string };
  /** The database's secret as the variant before has rotated it; the caller's own secret keeps the former password. */
  readonly rotatedBefore: { text: string | undefined };
}

interface RotatedText {
  /** The secret's value. */
  readonly text: string;
  /** The stack's output that names its function. */
  readonly output: string;
}

const memberOf = (text: string, member: string): unknown => {
  try {
    return (JSON.parse(text) as Readonly<Record<string, unknown>>)[member];
  } catch {
    throw new RekeyError("secret-malformed", { context: { option: "database-secret" } });
  }
};

async function databaseText({ clients, plan, rotatedBefore }: SmokeRun, call: CallOptions): Promise<RotatedText> {
  const text = rotatedBefore.text ?? (await textOf(clients.secretsManager, plan.databaseSecretArn ?? "", call));
  const { folder } = await engineNamed(String(memberOf(text, "engine")));
  const masterarn = plan.adminSecretArn;
  const own = masterarn === undefined ? text : JSON.stringify({ ...(JSON.parse(text) as object), masterarn });
  return { text: own, output: `${pascalCase(folder)}Arn` };
}

function parametersOf(run: SmokeRun, variant: Variant, keyApi: KeyApi | undefined, keyArn: string | undefined) {
  const { names, plan, at } = run;
  const pattern = `arn:${at.partition}:secretsmanager:${at.region}:${at.account}:secret:${names.secretPrefix}*`;
  return {
    SecretArnPattern: pattern,
    // The caller has no role that is tagged as a subscriber's.
    AcceptUnnamedSubscribers: "true",
    ...defined({ AdminSecretArns: plan.adminSecretArn }),
    // Every host but a public one needs a grant: that of the local stack.
    ...(keyApi?.origin.startsWith("http:") === true ? { HttpApiOrigins: keyApi.origin } : {}),
    ...defined({ DataKmsKeyArn: keyArn }),
    ...plan.parameters,
    ...variant.parameters,
  };
}

/** Deploys one variant and checks it. What it makes is left to `removeAll`. Errors: only when the signal has fired. */
export async function checkVariant(
  run: SmokeRun,
  variant: Variant,
  keyApi: KeyApi | undefined,
  call: CallOptions,
): Promise<void> {
  const { names, bucket, stacks, alarms, checks } = run;
  const { name } = variant;
  const prefixed: Checks = {
    all: checks.all,
    run: async (what, at, work, detail) => checks.run(`${name}: ${what}`, at, work, detail),
    skip: (what, why) => checks.skip(`${name}: ${what}`, why),
  };
  const source = (key: string) => ({ url: bucket.templateUrl(key) });
  const stackName = names.stack(name);

  let keyArn: string | undefined;
  if (name === "data-key") {
    const parameters = { RekeyStackName: stackName };
    const key = { name: names.stack("key"), source: source(dataKeyTemplate), parameters };
    const outputs = await prefixed.run("the data key is made", call, async () => stacks.make(key, call));
    if (outputs === undefined) return;
    keyArn = outputs["KeyArn"];
  }
  const parameters = parametersOf(run, variant, keyApi, keyArn);
  const stack = { name: stackName, source: source(mainTemplate), parameters };
  const outputs = await prefixed.run("the stack is made", call, async () => stacks.make(stack, call));
  if (outputs === undefined) return;
  await checkSecret(run, variant, { outputs, keyApi, checks: prefixed }, call);
  await prefixed.run(
    "no alarm is raised",
    call,
    async () => isQuiet(await alarms(stackName, call)),
    (count) => `${count} alarms`,
  );
}

async function checkSecret(
  run: SmokeRun,
  { name, target }: Variant,
  made: {
    readonly outputs: Readonly<Record<string, string>>;
    readonly keyApi: KeyApi | undefined;
    readonly checks: Checks;
  },
  call: CallOptions,
): Promise<void> {
  const { clients, names, bucket, stacks } = run;
  const { outputs, keyApi, checks } = made;
  if (target === "none") {
    checks.skip(
      "rotation",
      "functions in a VPC reach the key API only by a NAT gateway: name a database that they reach",
    );
    return;
  }
  const parameters = {
    SecretRotatedTopicArn: outputs["SecretRotatedTopicArn"] ?? "",
    ServiceName: names.stack(name),
    SecretNamePrefix: names.secretPrefix,
  };
  const queue = {
    name: names.stack(`${name}-queue`),
    source: { url: bucket.templateUrl(subscriberTemplate) },
    parameters,
  };
  const subscriber = await checks.run("a subscriber is made", call, async () => stacks.make(queue, call));
  const secret = await checks.run("a secret is made", call, async () => {
    const { text, output } =
      target === "database" || keyApi === undefined
        ? await databaseText(run, call)
        : { text: await keyApi.newSecret(), output: "RotateHttpApiKeyArn" };
    const secretArn = await makeSecret(clients.secretsManager, { name: names.secret(name), text, id: names.id }, call);
    return { secretArn, functionArn: outputs[output] ?? "" };
  });
  if (subscriber === undefined || secret === undefined) return;
  const rotated = {
    ...secret,
    busName: outputs["EventBusName"] ?? "",
    tableName: outputs["AdoptionTableName"] ?? "",
    campaign: names.stack(name),
  };
  await checkRotation(checks, clients, rotated, subscriberOf(clients.sqs, subscriber["QueueUrl"] ?? ""), call);
  if (target !== "database") return;
  const kept = await checks.run("the user's password is kept for the next variant", call, async () =>
    textOf(clients.secretsManager, secret.secretArn, call),
  );
  run.rotatedBefore.text = kept ?? run.rotatedBefore.text;
}
