import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { CampaignPorts } from "../../shared/operations/campaign/campaign-options.ts";
import type { FleetPorts } from "../../shared/operations/fleet/fleet-ports.ts";
import type { ListedSecret, VersionFacts } from "../../shared/ports/secret-administration.ts";
import type { StepRecord } from "../../shared/ports/records.ts";
import type { SecretDescription } from "../../shared/ports/secret-store.ts";

/**
 * What becomes of a rotation: after how many looks it is promoted, or how it ends. `busy`: its server has no connection left,
 * at each attempt. `relieved`: at the first two. `busy-once`: Secrets Manager does not try again.
 */
export type Fate = "well" | "rolled-back" | "hangs" | "refused" | "busy" | "busy-again" | "relieved" | "busy-once";

interface Kept {
  readonly name: string;
  readonly tags: Map<string, string>;
  versions: VersionFacts[];
  lastRotatedAt: Date | undefined;
  rotationEnabled: boolean;
  managedBy?: string;
  looks: number;
}

export const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const functionArn = "arn:aws:lambda:us-east-1:123456789012:function:rekey-rotate-postgres";

/**
 * Many secrets in memory, with a Secrets Manager that rotates them: a rotation is promoted at the second look at it and
 * finished at the third. Time is looks and pauses: nothing waits.
 */
export function memoryFleet(names: readonly string[]) {
  let nowMs = Date.UTC(2026, 0, 1);
  let underWay = 0;
  const fates = new Map<string, Fate>();
  const calls: string[] = [];
  const starts: { readonly name: string; readonly atMs: number }[] = [];
  const steps: StepRecord[] = [];
  const refusals: RekeyError[] = [];
  const most = { underWay: 0 };
  const secrets = new Map<string, Kept>(
    names.map((name) => [
      arnOf(name),
      {
        name,
        tags: new Map(),
        versions: [{ versionId: `first-${name}`, labels: ["AWSCURRENT"], createdAt: new Date(nowMs) }],
        lastRotatedAt: undefined,
        rotationEnabled: true,
        looks: 0,
      },
    ]),
  );
  const find = (id: string): Kept => {
    const found = secrets.get(id) ?? secrets.get(arnOf(id));
    if (found === undefined) throw new RekeyError("secret-not-found", { context: { secret: id } });
    return found;
  };
  const relabel = (secret: Kept, labels: Readonly<Record<string, readonly string[]>>): void => {
    secret.versions = secret.versions.map((version) => ({ ...version, labels: labels[version.versionId] ?? [] }));
  };
  const holder = ({ versions }: Kept, label: string): string =>
    versions.find(({ labels }) => labels.includes(label))?.versionId ?? "";

  function goOn(secret: Kept): void {
    const pending = holder(secret, "AWSPENDING");
    const current = holder(secret, "AWSCURRENT");
    if (pending === "") return;
    secret.looks++;
    const fate = fates.get(secret.name) ?? "well";
    const failed = (code: "credential-refused" | "database-busy"): void =>
      void steps.push({ versionId: pending, step: "testSecret", at: new Date(nowMs), outcome: "failed", code });
    const isAttempt = secret.looks % 50 === 2;
    // Each attempt gets on before it fails where the last one did.
    if (fate === "busy-again" && secret.looks % 50 === 30)
      steps.push({ versionId: pending, step: "setSecret", at: new Date(nowMs), outcome: "done" });
    else if (
      (fate.startsWith("busy") && fate !== "busy-once" && isAttempt) ||
      (fate === "busy-once" && secret.looks === 2)
    )
      failed("database-busy");
    else if (fate === "relieved" && isAttempt) {
      if (steps.length < 2) failed("database-busy");
      else fates.set(secret.name, "well");
      secret.looks = steps.length < 2 ? secret.looks : 1;
    } else if (fate === "rolled-back" && secret.looks === 2) {
      relabel(secret, { [current]: ["AWSCURRENT"] });
      failed("credential-refused");
      underWay--;
    } else if (fate === "well" && secret.looks === 2) {
      relabel(secret, { [pending]: ["AWSCURRENT", "AWSPENDING"], [current]: ["AWSPREVIOUS"] });
    } else if (fate === "well" && secret.looks === 3) {
      relabel(secret, { [pending]: ["AWSCURRENT"], [holder(secret, "AWSPREVIOUS")]: ["AWSPREVIOUS"] });
      secret.lastRotatedAt = new Date(nowMs);
      underWay--;
    }
  }
  const describe = (secret: Kept): SecretDescription => ({
    secretArn: arnOf(secret.name),
    name: secret.name,
    rotationEnabled: secret.rotationEnabled,
    rotationFunctionArn: functionArn,
    labels: new Map(secret.versions.filter(({ labels }) => labels.length > 0).map((v) => [v.versionId, v.labels])),
    tags: secret.tags,
    changedAt: new Date(nowMs),
    ...(secret.lastRotatedAt === undefined ? {} : { lastRotatedAt: secret.lastRotatedAt }),
    ...(secret.managedBy === undefined ? {} : { managedBy: secret.managedBy }),
  });

  const ports: CampaignPorts & FleetPorts = {
    store: {
      async describe(id, { signal }) {
        calls.push("DescribeSecret");
        if (signal.aborted) throw new RekeyError("time-budget-spent");
        const secret = find(id);
        goOn(secret);
        return describe(secret);
      },
    },
    listing: {
      async page(_filter, { limit, cursor = "0" }) {
        calls.push("ListSecrets");
        const from = Number(cursor);
        const all = [...secrets.values()].slice(from, from + limit);
        const listed = all.map((secret): ListedSecret => ({ ...describe(secret), createdAt: new Date(nowMs) }));
        return { secrets: listed, ...(from + limit < secrets.size ? { cursor: String(from + limit) } : {}) };
      },
    },
    administration: {
      async versions(id) {
        calls.push("ListSecretVersionIds");
        return find(id).versions.toReversed();
      },
      async rotate(id, versionId, { signal }) {
        calls.push("RotateSecret");
        if (signal.aborted) throw new RekeyError("time-budget-spent");
        const refusal = refusals.shift();
        if (refusal !== undefined) throw refusal;
        const secret = find(id);
        starts.push({ name: secret.name, atMs: nowMs });
        if (fates.get(secret.name) === "refused") throw new RekeyError("access-denied");
        if (secret.versions.some((version) => version.versionId === versionId)) return;
        secret.looks = 0;
        underWay++;
        most.underWay = Math.max(most.underWay, underWay);
        secret.versions.push({ versionId, labels: ["AWSPENDING"], createdAt: new Date(nowMs) });
      },
      async enableRotation() {
        calls.push("RotateSecret");
      },
      async disableRotation(id) {
        calls.push("CancelRotateSecret");
        find(id).rotationEnabled = false;
        const pending = holder(find(id), "AWSPENDING");
        return pending === "" ? undefined : pending;
      },
      async untag(id, tags) {
        calls.push("UntagResource");
        for (const tag of tags) find(id).tags.delete(tag);
      },
      async tag(id, tags) {
        calls.push("TagResource");
        for (const [tag, value] of tags) find(id).tags.set(tag, value);
      },
      async putLabelled() {
        calls.push("PutSecretValue");
      },
    },
    log: {
      async steps() {
        calls.push("FilterLogEvents");
        return steps;
      },
    },
    mirrors: [],
    nowMs: () => nowMs,
    async pause(ms) {
      nowMs += ms;
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
  };
  return { ports, fates, calls, starts, refusals, most, secret: find, advance: (ms: number) => void (nowMs += ms) };
}
