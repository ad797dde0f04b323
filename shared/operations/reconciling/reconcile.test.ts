import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { memoryPublisher } from "../../testing/memory-publisher.ts";
import { describedFindings, type Found, valueSince } from "./compare-secret.ts";
import { listManaged } from "./list-managed.ts";
import { managedSecrets } from "./managed-secrets.ts";
import type { MirrorHolding, MirrorState } from "../../ports/mirror.ts";
import { parseReconcileTask, reconcile } from "./reconcile.ts";

const now = Date.parse("2026-01-02T12:00:00Z");
const minute = 60_000;
const call = { signal: AbortSignal.timeout(5_000) };
const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const described = (name: string, changes: Partial<SecretDescription> = {}): SecretDescription => ({
  secretArn: arnOf(name),
  name,
  rotationEnabled: true,
  labels: new Map([["v1", ["AWSCURRENT"]]]),
  tags: new Map(),
  ...changes,
});
const pending = (labels: readonly string[]) => ({
  labels: new Map([
    ["v1", ["AWSCURRENT"]],
    ["v2", [...labels]],
  ]),
});

test.each([
  ["is as it should be", {}, []],
  ["has no value and no rotation", { labels: new Map(), rotationEnabled: false }, []],
  ["is to be rotated but has no value", { labels: new Map() }, [{ finding: "current-missing", repairable: false }]],
  ["has been rotating for a minute", { ...pending(["AWSPENDING"]), changedAt: new Date(now - minute) }, []],
  [
    "has had a rotation open for two hours",
    { ...pending(["AWSPENDING"]), changedAt: new Date(now - 120 * minute) },
    [{ finding: "pending-stuck", versionId: "v2", repairable: false }],
  ],
  [
    "has AWSPENDING on its current version",
    { labels: new Map([["v1", ["AWSCURRENT", "AWSPENDING"]]]), changedAt: new Date(now - 120 * minute) },
    [],
  ],
  ["is due in a minute", { nextRotationAt: new Date(now + minute) }, []],
  [
    "was due two hours ago",
    { nextRotationAt: new Date(now - 120 * minute) },
    [{ finding: "rotation-overdue", repairable: false }],
  ],
  [
    "has a replica that is behind for a minute",
    { replicas: new Map([["eu-west-1", "InProgress"]]), changedAt: new Date(now - minute) },
    [],
  ],
  [
    "has a replica that is behind for two hours",
    { replicas: new Map([["eu-west-1", "InProgress"]]), changedAt: new Date(now - 120 * minute) },
    [{ finding: "replica-behind", versionId: "v1", repairable: false }],
  ],
  [
    "has a replica that failed, beside one that is in sync",
    {
      replicas: new Map([
        ["eu-west-1", "InSync"],
        ["eu-west-2", "Failed"],
      ]),
      changedAt: new Date(now),
    },
    [{ finding: "replica-failed", versionId: "v1", repairable: false }],
  ],
  ["was due, but is deleted", { nextRotationAt: new Date(0), deletedAt: new Date(now) }, []],
  ["was due, but by an AWS service", { nextRotationAt: new Date(0), managedBy: "rds" }, []],
  ["is at AWSPENDING, by a partner", { ...pending(["AWSPENDING"]), changedAt: new Date(0), managedBy: "Partner" }, []],
  ["was due, but is not rotated any more", { nextRotationAt: new Date(0), rotationEnabled: false }, []],
] as readonly (readonly [string, Partial<SecretDescription>, readonly Found[]])[])(
  "a secret that %s",
  (_what, changes, found) => {
    expect(describedFindings(described("app", changes), now)).toEqual(found);
  },
);

const day = 24 * 60 * minute;

test.each([
  ["was rotated and then changed by hand", { lastRotatedAt: new Date(1), changedAt: new Date(2) }, new Date(1)],
  ["was never rotated", { changedAt: new Date(2) }, new Date(2)],
  ["has no value", { lastRotatedAt: new Date(1), labels: new Map() }, undefined],
  ["is deleted", { lastRotatedAt: new Date(1), deletedAt: new Date(now) }, undefined],
])("since when a secret that %s has its value", (_what, changes, since) => {
  expect(valueSince(described("app", changes))).toEqual(since);
});

test("of the secrets examined, the one that has had its value longest is named", async () => {
  const { reconciler, arns } = stage({ young: "same", old: "same", middle: "same" });
  const ages: Readonly<Record<string, number>> = { young: 1, old: 400, middle: 30 };
  const describe = async (arn: string) => {
    const description = await reconciler.store.describe(arn);
    return { ...description, lastRotatedAt: new Date(now - (ages[description.name] ?? 0) * day) };
  };
  const store = { ...reconciler.store, describe };
  const oldest = { secretArn: arnOf("old"), since: new Date(now - 400 * day) };
  expect(await reconcile({ ...reconciler, store }, arns, call)).toMatchObject({ examined: 3, oldest });
  expect(await reconcile({ ...reconciler, store }, [], call)).not.toHaveProperty("oldest");
});

function stage(states: Readonly<Record<string, MirrorState | RekeyError>>) {
  const publisher = memoryPublisher();
  const skipped: string[] = [];
  const compared: string[] = [];
  const reconciler = {
    publisher,
    nowMs: () => now,
    skipped: (secretArn: string, { code }: RekeyError) => void skipped.push(`${secretArn} ${code}`),
    store: {
      async describe(secretArn: string) {
        const name = Object.keys(states).find((known) => arnOf(known) === secretArn);
        if (name === undefined) throw new RekeyError("secret-not-found");
        return described(name);
      },
      read: async () => ({ versionId: "v1", value: new SecretValue("canary"), createdAt: new Date(0) }),
    },
    audit: {
      async compare({ secretName }: { readonly secretName: string }) {
        compared.push(secretName);
        const state = states[secretName] ?? "same";
        if (typeof state !== "string") throw state;
        return state;
      },
      async holding({ secretName }: { readonly secretName: string }): Promise<MirrorHolding> {
        const state = states[secretName];
        return state === "missing" ? "nothing" : state === "foreign" ? "unproven" : "own";
      },
    },
  };
  return { reconciler, publisher, skipped, compared, arns: Object.keys(states).map(arnOf) };
}

test("a mirror that is missing or behind is repaired; one that somebody changed, or that is ahead, is reported", async () => {
  const { reconciler, publisher, arns } = stage({
    fine: "same",
    lost: "missing",
    late: "older",
    edited: "altered",
    ahead: "newer",
    taken: "foreign",
  });
  const { findings, ...counts } = await reconcile(reconciler, [...arns, arnOf("deleted")], call);
  expect(counts).toEqual({ examined: 6, skipped: 0, repaired: 2 });
  expect(
    publisher.events.map(
      (event) => event.type === "Secret Finding" && [event.secretName, event.finding, event.repaired],
    ),
  ).toEqual([
    ["lost", "mirror-missing", true],
    ["late", "mirror-older", true],
    ["edited", "mirror-altered", false],
    ["ahead", "mirror-newer", false],
    ["taken", "mirror-foreign", false],
  ]);
  expect([...findings.values()]).toEqual([1, 1, 1, 1, 1]);
  expect(JSON.stringify(publisher.events)).not.toContain("canary");
});

test.each([
  ["is scheduled for deletion", { deletedAt: new Date(now) }],
  ["has the tag rekey:mirror at false", { tags: new Map([["rekey:mirror", "false"]]) }],
])(
  "what the mirror still shows of a secret that %s is a finding, and that it shows nothing is none",
  async (_what, is) => {
    const { reconciler, publisher, compared, arns } = stage({ left: "same", withdrawn: "missing", odd: "foreign" });
    const describe = async (arn: string) => ({ ...(await reconciler.store.describe(arn)), ...is });
    const store = { ...reconciler.store, describe };
    expect(await reconcile({ ...reconciler, store }, arns, call)).toMatchObject({ examined: 3, repaired: 1 });
    expect(publisher.events).toMatchObject([
      { secretName: "left", finding: "mirror-left", repaired: true },
      { secretName: "odd", finding: "mirror-foreign", repaired: false },
    ]);
    expect(compared).toEqual([]);
  },
);

test("of several clusters, a copy of what belongs to another is a finding, and is left to the migration", async () => {
  const { reconciler, publisher, compared, arns } = stage({ stray: "older", clean: "missing" });
  const cluster = { name: "eu-1", mirrors: () => false };
  expect(await reconcile({ ...reconciler, cluster }, arns, call)).toMatchObject({ examined: 2, repaired: 0 });
  expect(publisher.events).toMatchObject([{ secretName: "stray", finding: "mirror-stray", repaired: false }]);
  expect(compared).toEqual([]);
});

test("where another stack looks at the secrets themselves, only the mirror is looked at", async () => {
  const { reconciler, publisher, arns } = stage({ lost: "missing" });
  const describe = async (arn: string) => ({ ...(await reconciler.store.describe(arn)), nextRotationAt: new Date(0) });
  const store = { ...reconciler.store, describe };
  await reconcile({ ...reconciler, store, mirrorAlone: true }, arns, call);
  expect(publisher.events).toMatchObject([{ finding: "mirror-missing" }]);
});

test("a secret that cannot be examined is reported and passed over", async () => {
  const { reconciler, skipped, compared, arns } = stage({
    odd: new RekeyError("mirror-path-invalid"),
    fine: "same",
  });
  expect(await reconcile(reconciler, arns, call)).toMatchObject({ examined: 1, skipped: 1 });
  expect(skipped).toEqual([`${arnOf("odd")} mirror-path-invalid`]);
  expect(compared).toEqual(["odd", "fine"]);
});

test("when Vault is out of reach no other mirror is looked at, and the secrets themselves still are", async () => {
  const { reconciler, compared, arns } = stage({ first: new RekeyError("mirror-unavailable"), second: "missing" });
  expect(await reconcile(reconciler, arns, call)).toMatchObject({ examined: 1, skipped: 1, repaired: 0 });
  expect(compared).toEqual(["first"]);
});

test("what concerns every secret ends the task, which comes again", async () => {
  const { reconciler, arns } = stage({ app: "same" });
  const store = { ...reconciler.store, describe: async () => Promise.reject(new RekeyError("store-throttled")) };
  await expect(reconcile({ ...reconciler, store }, arns, call)).rejects.toMatchObject({ code: "store-throttled" });
  const publisher = { publish: async () => Promise.reject(new RekeyError("events-unavailable")) };
  const lost = stage({ app: "missing" });
  await expect(reconcile({ ...lost.reconciler, publisher }, lost.arns, call)).rejects.toMatchObject({
    code: "events-unavailable",
  });
});

function listing(pages: number, failAt = Infinity) {
  const sent: object[] = [];
  let asked = 0;
  const ports = {
    managed: managedSecrets([arnOf("*").slice(0, -7)]),
    catalogue: {
      async page({ cursor = "0" }: { readonly cursor?: string }) {
        if (asked++ === failAt) throw new RekeyError("store-throttled");
        const at = Number(cursor);
        return {
          secretArns: [arnOf(`app${at}`), "arn:aws:secretsmanager:us-east-1:999999999999:secret:other-AbCdEf"],
          ...(at + 1 < pages ? { cursor: String(at + 1) } : {}),
        };
      },
    },
    tasks: { send: async (message: object) => void sent.push(message) },
  };
  return { ports, sent };
}

test("each page is a task of its own, without the secrets of others", async () => {
  const { ports, sent } = listing(3);
  expect(await listManaged(ports, undefined, call)).toBe(3);
  expect(sent).toEqual([0, 1, 2].map((page) => ({ secretArns: [arnOf(`app${page}`)] })));
});

test("any number of pages is listed, by going on where the last task stopped, also after one that was cut", async () => {
  const { ports, sent } = listing(250, 120);
  const seen = new Set<string>();
  let task: unknown = {};
  for (let round = 0; round < 5 && task !== undefined; round++) {
    const { cursor }: { readonly cursor?: string } = { ...(task as object) };
    await listManaged(ports, cursor, call).catch(async () => listManaged(ports, cursor, call));
    task = undefined;
    for (const message of sent.splice(0)) {
      const parsed = parseReconcileTask(JSON.stringify(message));
      if ("secretArns" in parsed) for (const arn of parsed.secretArns) seen.add(arn);
      else task = parsed;
    }
  }
  expect(seen.size).toBe(250);
});

test.each(["{", '{"secretArns":[1]}', '{"secretArns":"x"}', '{"cursor":1}'])(
  "the task %s is event-malformed",
  (text) => {
    expect(() => parseReconcileTask(text)).toThrow(expect.objectContaining({ code: "event-malformed" }));
  },
);
