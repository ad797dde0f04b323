import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription, SecretStore } from "../../ports/secret-store.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { memoryPublisher } from "../../testing/memory-publisher.ts";
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
const day = 24 * 60 * minute;

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
      read: async (...[, { label }]: Parameters<SecretStore["read"]>) =>
        label === "AWSCURRENT"
          ? { versionId: "v1", value: new SecretValue("canary"), createdAt: new Date(0) }
          : undefined,
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

test("of two secrets that have had their values equally long the first is named", async () => {
  const { reconciler, arns } = stage({ first: "same", second: "same" });
  const describe = async (arn: string) => ({ ...(await reconciler.store.describe(arn)), lastRotatedAt: new Date(1) });
  const { oldest } = await reconcile({ ...reconciler, store: { ...reconciler.store, describe } }, arns, call);
  expect(oldest?.secretArn).toBe(arnOf("first"));
});

test("the secrets themselves are looked at too, and counted by finding, where nobody else does", async () => {
  const { reconciler, publisher } = stage({ one: "missing", two: "older" });
  const describe = async (arn: string) => ({ ...(await reconciler.store.describe(arn)), nextRotationAt: new Date(0) });
  const store = { ...reconciler.store, describe };
  const { findings } = await reconcile({ ...reconciler, store }, [arnOf("one"), arnOf("two")], call);
  expect([...findings]).toEqual([
    ["rotation-overdue", 2],
    ["mirror-missing", 1],
    ["mirror-older", 1],
  ]);
  const one = { type: "Secret Finding", secretArn: arnOf("one"), secretName: "one" };
  expect(publisher.events.slice(0, 2)).toStrictEqual([
    { ...one, finding: "rotation-overdue", repaired: false },
    { ...one, finding: "mirror-missing", versionId: "v1", repaired: true },
  ]);
});

test("where nothing is mirrored, no mirror is looked at", async () => {
  const { reconciler, publisher, arns } = stage({ lost: "missing" });
  const { audit: _kept, ...without } = reconciler;
  expect(await reconcile(without, arns, call)).toMatchObject({ examined: 1, repaired: 0, findings: new Map() });
  expect(publisher.events).toEqual([]);
});

test("a secret without a value is not compared with its mirror", async () => {
  const { reconciler, compared, arns } = stage({ empty: "missing" });
  const store = { ...reconciler.store, read: async () => undefined };
  expect(await reconcile({ ...reconciler, store }, arns, call)).toMatchObject({ examined: 1, findings: new Map() });
  expect(compared).toEqual([]);
});

test("each login is handed over to be checked, after everything else and also of a secret that was passed over", async () => {
  const { reconciler, publisher, arns } = stage({ lost: "missing", odd: new RekeyError("mirror-path-invalid") });
  const sent: unknown[] = [];
  const logins = { send: async (task: object) => void sent.push([task, publisher.events.length]) };
  await reconcile({ ...reconciler, logins }, arns, call);
  expect(sent).toEqual(arns.map((checkLogin) => [{ checkLogin }, 1]));
});

test("a fault of rekey itself ends the task", async () => {
  const { reconciler, arns } = stage({ app: "same" });
  const fault = new TypeError("a fault");
  const store = { ...reconciler.store, describe: async () => Promise.reject(fault) };
  await expect(reconcile({ ...reconciler, store }, arns, call)).rejects.toBe(fault);
});

test.each([
  ["{}", {}],
  ['{"cursor":"c"}', { cursor: "c" }],
  ['{"secretArns":[]}', { secretArns: [] }],
  ['{"secretArns":["a"],"cursor":"c"}', { secretArns: ["a"] }],
])("%s is a task", (text, task) => {
  expect(parseReconcileTask(text)).toStrictEqual(task);
});

test.each(["{", '{"secretArns":[1]}', '{"secretArns":["a",1]}', "null and", '{"secretArns":"x"}', '{"cursor":1}'])(
  "the task %s is event-malformed",
  (text) => {
    expect(() => parseReconcileTask(text)).toThrow(
      expect.objectContaining({ code: "event-malformed", context: { problem: "not a task of reconcile" } }),
    );
  },
);
