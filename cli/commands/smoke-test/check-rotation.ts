import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { awsCall } from "../../../shared/aws/errors/aws-failure.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { rotateCampaign } from "../../../shared/operations/campaign/rotate-campaign.ts";
import { summaryOf } from "../../../shared/operations/fleet/secret-summary.ts";
import { type SecretStatus, secretStatuses } from "../../../shared/operations/fleet/secret-status.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { versionWithLabel } from "../../../shared/ports/secret-store.ts";
import { environmentOf } from "../../../shared/runtime/environment.ts";
import { operatorPorts } from "../../../shared/runtime/operator-ports.ts";
import type { Checks } from "./checks.ts";
import type { SmokeClients } from "./clients.ts";
import type { Subscriber } from "./subscriber.ts";
import { until } from "./until.ts";
import { defined } from "../../../shared/secrets/defined.ts";

const minute = 60_000;
type Ports = ReturnType<typeof operatorPorts>;

export interface RotatedSecret {
  readonly secretArn: string;
  readonly functionArn: string;
  readonly busName: string;
  readonly tableName: string;
  readonly campaign: string;
}

async function enable(ports: Ports, { secretArn, functionArn }: RotatedSecret, call: CallOptions): Promise<void> {
  const schedule = { everyDays: 30 };
  await ports.administration.enableRotation(secretArn, { functionArn, schedule, versionId: crypto.randomUUID() }, call);
  await until(
    { what: "the test of the rotation function", limitMs: 3 * minute },
    async () => {
      const secret = await ports.store.describe(secretArn, call);
      return versionWithLabel(secret, "AWSPENDING") === undefined ? true : undefined;
    },
    call,
  );
}

/** Returns the version that is current then. Secrets Manager may still be testing the function when it is asked first. */
async function rotate(ports: Ports, secretArn: string, campaign: string, call: CallOptions): Promise<string> {
  const once = async (): Promise<true | undefined> => {
    for await (const event of rotateCampaign(ports, [secretArn], { campaign, timeoutMs: 10 * minute }, call)) {
      if (event.type !== "progress" || event.progress !== "failed") continue;
      if (event.code === "rotation-under-way") return undefined;
      throw new RekeyError(event.code ?? "rotation-failed", { context: { secret: secretArn }, hint: event.hint });
    }
    return true;
  };
  await until({ what: "a rotation that can begin", limitMs: 12 * minute }, once, call);
  return versionWithLabel(await ports.store.describe(secretArn, call), "AWSCURRENT") ?? "";
}

const told = async (subscriber: Subscriber, versionId: string, call: CallOptions): Promise<true> =>
  until(
    { what: `Secret Rotated of version ${versionId}`, limitMs: 3 * minute },
    async () => ((await subscriber.next(call))?.includes(versionId) === true ? true : undefined),
    call,
  );

/** As a service says that it uses a version. */
async function acknowledge(
  { eventBridge }: Pick<SmokeClients, "eventBridge">,
  { secretArn, busName }: RotatedSecret,
  versionId: string,
  call: CallOptions,
): Promise<void> {
  const at = new Date().toISOString();
  const entry = {
    EventBusName: busName,
    Source: "rekey.subscriber",
    DetailType: "Secret Adopted",
    Detail: JSON.stringify({ schemaVersion: 1, secretArn, versionId, subscriber: "smoke-test", at }),
    Resources: [secretArn],
  };
  const { Entries } = await awsCall({ operation: "PutEvents", resource: busName }, call, async (options) =>
    eventBridge.send(new PutEventsCommand({ Entries: [entry] }), options),
  );
  const reason = Entries?.[0]?.ErrorCode;
  if (reason !== undefined) throw new RekeyError("event-rejected", { context: { bus: busName, reason } });
}

/** Reads Vault and the adoption table until the secret's status is the expected one. */
const stands = async (
  ports: Ports,
  secretArn: string,
  what: string,
  isThere: (status: SecretStatus) => boolean,
  call: CallOptions,
): Promise<true> =>
  until(
    { what, limitMs: 3 * minute },
    async () => {
      const secret = summaryOf(await ports.store.describe(secretArn, call), Date.now());
      const status = (
        await secretStatuses(
          {
            mirrors: ports.mirrors,
            nowMs: Date.now,
            ...defined({ adoptions: ports.adoptions }),
          },
          [secret],
          call,
        )
      ).get(secretArn);
      return status !== undefined && isThere(status) ? true : undefined;
    },
    call,
  );

/** A secret's way through a deployed stack: twice rotated, announced, mirrored and adopted. */
export async function checkRotation(
  checks: Checks,
  clients: SmokeClients,
  secret: RotatedSecret,
  subscriber: Subscriber,
  call: CallOptions,
): Promise<void> {
  const { secretArn, tableName, campaign } = secret;
  const ports = operatorPorts(environmentOf({ ...process.env, REKEY_ADOPTION_TABLE: tableName }));
  if (
    (await checks.run("rotation is switched on", call, async () => enable(ports, secret, call).then(() => true))) !==
    true
  )
    return;
  for (const time of ["first", "second"]) {
    const work = async (): Promise<string> => rotate(ports, secretArn, `${campaign}-${time}`, call);
    const versionId = await checks.run(`${time} rotation`, call, work, (version) => `version ${version}`);
    if (versionId === undefined) return;
    await checks.run(`${time} rotation: a subscriber hears of it`, call, async () => told(subscriber, versionId, call));
    if (time === "first") continue;
    if (ports.mirrors.length === 0) checks.skip("mirror", "no Vault is given: VAULT_ADDR is not set");
    else
      await checks.run("mirror: Vault holds AWSCURRENT", call, async () =>
        stands(
          ports,
          secretArn,
          "the mirror",
          ({ mirrors }) => mirrors.every(({ state }) => state === "current"),
          call,
        ),
      );
    await checks.run("adoption: an acknowledgement is noted", call, async () => {
      await acknowledge(clients, secret, versionId, call);
      return stands(ports, secretArn, "the adoption", ({ adoption }) => adoption?.state === "everyone", call);
    });
  }
}
