import { expect, test } from "vitest";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import { clusterOf, parseVaultClusters } from "../../mirrors/vault-clusters.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { managedSecrets } from "../reconciling/managed-secrets.ts";
import { type Migration, migrateMirror, type MigrationPorts } from "./migrate-mirror.ts";
import type { Mirror, MirrorAudit } from "../../ports/mirror.ts";

const call = { signal: AbortSignal.timeout(5_000) };
const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const nameOf = (arn: string): string => /:secret:(.+)-AbCdEf$/.exec(arn)?.[1] ?? "";

/** Which version of each name it holds; `log` tells the order of what was done. */
function cluster(name: string, held: Map<string, string>, log: string[]) {
  const looks: string[] = [];
  const mirror: Mirror = {
    async write({ secretName, versionId }) {
      log.push(`write ${secretName} ${name}`);
      held.set(secretName, versionId);
      return { revision: 1, written: true };
    },
    async withdraw({ secretName }) {
      log.push(`withdraw ${secretName} ${name}`);
      return { withdrawn: held.delete(secretName) };
    },
  };
  const audit: MirrorAudit = {
    compare: async ({ secretName, versionId }) => {
      looks.push(secretName);
      const now = held.get(secretName);
      return now === undefined ? "missing" : now === versionId ? "same" : now > versionId ? "newer" : "older";
    },
    holding: async ({ secretName }) => (held.has(secretName) ? "own" : "nothing"),
  };
  return { mirror, audit, looks };
}

function stage(names: readonly string[], changes: Readonly<Record<string, Partial<SecretDescription>>> = {}) {
  const log: string[] = [];
  const held = new Map(["one", "two", "three"].map((name) => [name, new Map<string, string>()]));
  const clusters = parseVaultClusters("one,two,three", "prefix:a=one,prefix:b=two,prefix:c=three");
  const pages: unknown[] = [];
  const ports: MigrationPorts = {
    store: {
      async describe(secretArn) {
        const name = nameOf(secretArn);
        const labels = new Map([["v5", ["AWSCURRENT"]]]);
        return { secretArn, name, rotationEnabled: true, labels, tags: new Map(), ...changes[name] };
      },
      read: async (_id, { label }) =>
        label === "AWSCURRENT"
          ? { versionId: "v5", value: new SecretValue("canary"), createdAt: new Date(0) }
          : undefined,
    },
    catalogue: {
      page: async (from) => {
        pages.push(from);
        const at = Number(from.cursor ?? 0);
        const secretArns = names.slice(at, at + 2).map(arnOf);
        return at + 2 < names.length ? { secretArns, cursor: String(at + 2) } : { secretArns };
      },
    },
    managed: managedSecrets(["a/*", "b/*", "c/*"].map(arnOf).map((arn) => arn.slice(0, -7))),
    clusters: new Map([...held].map(([name, versions]) => [name, cluster(name, versions, log)])),
    homeOf: (secret) => clusterOf(secret, clusters),
  };
  const put = (where: string, name: string, versionId: string): void => void held.get(where)?.set(name, versionId);
  return { ports, held, log, put, pages };
}

/** The same ports, with another way to write to one cluster. */
function writing(ports: MigrationPorts, cluster: string, write: Mirror["write"]): MigrationPorts {
  const clusters = [...ports.clusters].map(([name, { mirror, audit }]) => {
    const changed = name === cluster ? { ...mirror, write } : mirror;
    return [name, { mirror: changed, audit }] as const;
  });
  return { ...ports, clusters: new Map(clusters) };
}

async function all(ports: MigrationPorts, apply: boolean): Promise<readonly Migration[]> {
  const found: Migration[] = [];
  for await (const migration of migrateMirror(ports, { apply, call })) found.push(migration);
  return found;
}

test("without apply it says what it would do, and does nothing", async () => {
  const { ports, log, put } = stage(["a/in-place", "b/moved", "c/lost"]);
  put("one", "a/in-place", "v5");
  put("one", "b/moved", "v4");
  expect(await all(ports, false)).toEqual([
    { secretName: "b/moved", home: "two", toWrite: true, strays: ["one"] },
    { secretName: "c/lost", home: "three", toWrite: true, strays: [] },
  ]);
  expect(log).toEqual([]);
});

test("what is current is written at home and seen there before it is withdrawn elsewhere; then nothing is left to do", async () => {
  const { ports, held, log, put } = stage(["b/moved", "c/twice"]);
  put("one", "b/moved", "v4");
  put("three", "c/twice", "v5");
  put("one", "c/twice", "v5");
  put("two", "c/twice", "v3");
  await all(ports, true);
  expect(log).toEqual(["write b/moved two", "withdraw b/moved one", "withdraw c/twice one", "withdraw c/twice two"]);
  expect(held.get("two")?.get("b/moved")).toBe("v5");
  expect(await all(ports, true)).toEqual([]);
});

test("a home that does not hold what was written keeps the copies elsewhere", async () => {
  const { ports, log, put } = stage(["b/moved"]);
  put("one", "b/moved", "v5");
  const deaf = writing(ports, "two", async () => ({ revision: 1, written: true }));
  const [failed] = await all(deaf, true);
  expect(failed).toEqual({
    secretName: arnOf("b/moved"),
    home: "",
    toWrite: false,
    strays: [],
    error: expect.objectContaining({
      code: "mirror-conflict",
      context: { secret: arnOf("b/moved"), cluster: "two" },
    }) as RekeyError,
  });
  expect(log).toEqual([]);
});

test.each([
  ["is deleted", { deletedAt: new Date(0) }],
  ["is not to be mirrored", { tags: new Map([["rekey:mirror", "false"]]) }],
])("of a secret that %s nothing is written, and what lies elsewhere is withdrawn", async (_what, is) => {
  const { ports, log, put } = stage(["b/off"], { "b/off": is });
  put("one", "b/off", "v5");
  expect(await all(ports, true)).toEqual([{ secretName: "b/off", home: "two", toWrite: false, strays: ["one"] }]);
  expect(log).toEqual(["withdraw b/off one"]);
});

test("a cluster that is given by two names keeps what it holds, and it is said once", async () => {
  const { ports, held, log, put } = stage(["b/moved", "b/next"]);
  put("two", "b/moved", "v5");
  const same = cluster("one", held.get("two") ?? new Map(), log);
  const found = await all({ ...ports, clusters: new Map([...ports.clusters, ["one", same]]) }, true);
  expect(found).toHaveLength(1);
  expect(found[0]?.error).toMatchObject({
    code: "option-invalid",
    context: { option: "cluster", problem: "two, one hold the same keys" },
  });
  expect(held.get("two")?.get("b/moved")).toBe("v5");
});

test("a home that is newer than AWSCURRENT is left", async () => {
  const { ports, log, put } = stage(["b/ahead"]);
  put("two", "b/ahead", "v6");
  expect(await all(ports, true)).toEqual([]);
  expect(log).toEqual([]);
});

test("one secret that cannot be moved is told, and the others are moved", async () => {
  const tags = new Map([["rekey:vault-cluster", "nowhere"]]);
  const { ports, log } = stage(["a/odd", "b/fine"], { "a/odd": { tags } });
  const [odd, fine] = await all(ports, true);
  expect([odd?.secretName, odd?.error?.code]).toEqual([arnOf("a/odd"), "option-invalid"]);
  expect(fine).toMatchObject({ secretName: "b/fine" });
  expect(log).toEqual(["write b/fine two"]);
});

test("a home that is another secret's is mirror-foreign, also in the plan, and the copy elsewhere stays", async () => {
  const { ports, log, put } = stage(["b/moved"]);
  put("one", "b/moved", "v5");
  const clusters = [...ports.clusters].map(([name, { mirror, audit }]) => {
    const compare = async () => "foreign" as const;
    return [name, { mirror, audit: name === "two" ? { ...audit, compare } : audit }] as const;
  });
  for (const apply of [false, true]) {
    const [failed] = await all({ ...ports, clusters: new Map(clusters) }, apply);
    expect(failed?.error).toMatchObject({ code: "mirror-foreign", context: { cluster: "two" } });
  }
  expect(log).toEqual([]);
});

test("a secret that is gone since it was listed is passed over", async () => {
  const { ports } = stage(["b/gone"]);
  const describe = async () => Promise.reject(new RekeyError("secret-not-found"));
  expect(await all({ ...ports, store: { ...ports.store, describe } }, true)).toEqual([]);
});

test("a cluster that is out of reach ends it before anything is withdrawn", async () => {
  const { ports, log, put } = stage(["b/moved", "a/next"]);
  put("one", "b/moved", "v5");
  const out = writing(ports, "two", async () => Promise.reject(new RekeyError("mirror-unavailable")));
  const error: unknown = await all(out, true).catch((reason: unknown) => reason);
  expect(isRekeyError(error, "mirror-unavailable")).toBe(true);
  expect(log).toEqual([]);
});

test("a home whose connection is not given is option-invalid, and nothing is changed", async () => {
  const { ports, log, put } = stage(["b/moved"]);
  put("one", "b/moved", "v5");
  const [failed] = await all(
    { ...ports, clusters: new Map([...ports.clusters].filter(([name]) => name !== "two")) },
    true,
  );
  expect(failed?.error).toMatchObject({
    code: "option-invalid",
    context: { option: "cluster", problem: "two is not given" },
  });
  expect(log).toEqual([]);
});

test("the catalogue is asked page after page by the names' beginnings, and what is not managed is passed over", async () => {
  const { ports, pages } = stage(["b/one", "z/others", "b/two"]);
  expect((await all(ports, false)).map(({ secretName }) => secretName)).toEqual(["b/one", "b/two"]);
  const namePrefixes = ["a/", "b/", "c/"];
  expect(pages).toStrictEqual([{ namePrefixes }, { namePrefixes, cursor: "2" }]);
});

test("a secret that has no copy elsewhere is looked at before and after it is written, and no more", async () => {
  const { ports } = stage(["b/lost"]);
  const at = cluster("two", new Map(), []);
  await all({ ...ports, clusters: new Map([...ports.clusters, ["two", at]]) }, true);
  expect(at.looks).toEqual(["b/lost", "b/lost"]);
});

test.each([
  ["the store's", new RekeyError("store-throttled")],
  ["nobody's", new TypeError("a fault")],
])("a failure that is %s ends it", async (_whose, failure) => {
  const { ports } = stage(["b/moved"]);
  const store = { ...ports.store, describe: async () => Promise.reject(failure) };
  await expect(all({ ...ports, store }, true)).rejects.toBe(failure);
});
