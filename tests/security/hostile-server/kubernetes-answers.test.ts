import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { kubernetesCluster } from "../../../shared/kubernetes/cluster.ts";
import { clusterOptions } from "../../../shared/kubernetes/cluster-options.ts";
import { refreshSecret } from "../../../shared/operations/refreshing/refresh-secret.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { memoryStore } from "../../../shared/testing/memory-store.ts";
import { secretArn, valueOf } from "../../support/kubernetes-stage.ts";
import { answeringHttp } from "../../support/listening.ts";
import { certificate, key } from "../../support/loopback-certificate.ts";
import { roots } from "../../support/private-authority.ts";

type Lie = (response: ServerResponse, path: string, asked: number) => void;
const say = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Lie => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (response) => void response.writeHead(status, headers).end(text);
};
const written = { kubernetesSecret: "orders-db", keys: { password: "password" }, restart: "all" };
const external = { externalSecret: "orders", restart: "all" };

interface Outcome {
  readonly code: unknown;
  readonly context: unknown;
  readonly retryAfterMs: unknown;
  readonly paths: readonly string[];
}

/** The first failure of a refresh at such a server, and what it was asked for; a canary in any of it fails the test. */
async function refreshAt(lie: Lie, grant: object, ca = certificate): Promise<Outcome> {
  const paths: string[] = [];
  const server = await answeringHttp(
    (request, response) => {
      paths.push(request.url ?? "");
      request.resume().once("end", () => lie(response, request.url ?? "", paths.length));
    },
    { key, certificate },
  );
  onTestFinished(server.stop);
  const grants = [{ secret: secretArn, namespace: "shop", ...grant }];
  const [options] = clusterOptions(
    new SecretValue(JSON.stringify([{ name: "prod", server: `https://127.0.0.1:${server.port}`, ca, grants }])),
  );
  if (options === undefined) throw new Error("no cluster");
  const cluster = kubernetesCluster(options, { nowMs: Date.now, token: async () => new SecretValue("canary-token") });
  const refresher = {
    store: memoryStore(secretArn, valueOf("canary-value")),
    manages: () => true,
    clusters: [cluster],
    waitMs: 2_000,
    pause: async () => undefined,
  };
  const refreshed = await refreshSecret(refresher, secretArn, { signal: AbortSignal.timeout(30_000) });
  expect(refreshed.state).toBe("current");
  const [failure] = refreshed.state === "current" ? (refreshed.clusters[0]?.failures ?? []) : [];
  expect(String(failure) + JSON.stringify([failure, refreshed])).not.toContain("canary");
  const { code, context, retryAfterMs } = {
    code: undefined,
    context: undefined,
    retryAfterMs: undefined,
    ...(failure as object),
  };
  return { code, context, retryAfterMs, paths };
}

const quoting = { kind: "Status", reason: "canary", message: "canary-value canary-token" };

test.each<readonly [string, Lie, string]>([
  ["401", say(401, quoting), "kubernetes-refused"],
  ["403", say(403, quoting), "kubernetes-refused"],
  ["422", say(422, quoting), "kubernetes-refused"],
  ["404", say(404, quoting), "kubernetes-refused"],
  ["409 to a write", say(409, quoting), "kubernetes-conflict"],
  ["a redirect", say(307, "", { location: "https://169.254.169.254/canary" }), "kubernetes-refused"],
  ["429", say(429, quoting, { "retry-after": "7" }), "kubernetes-unavailable"],
  ["500", say(500, quoting), "kubernetes-unavailable"],
  ["no JSON", say(200, "canary"), "kubernetes-unavailable"],
  ["a list for an object", say(200, ["canary"]), "kubernetes-unavailable"],
  ["a connection that is cut", (response) => void response.destroy(), "kubernetes-unavailable"],
  [
    "half an answer",
    (response) => void response.writeHead(200, { "content-length": "900" }).write("{", () => response.destroy()),
    "kubernetes-unavailable",
  ],
])("an API server that answers %s ends in a typed error", async (what, lie, code) => {
  const outcome = await refreshAt(lie, written);
  expect(outcome).toMatchObject({ code, context: { cluster: "prod" } });
  expect(outcome.paths).toHaveLength(1);
  expect(outcome.retryAfterMs).toBe(what === "429" ? 7_000 : undefined);
});

test("an answer without an end is cut off", async () => {
  const filler = Buffer.alloc(262_144, " ");
  const lie: Lie = (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(filler));
    };
    response.on("drain", more).writeHead(200);
    more();
  };
  expect(await refreshAt(lie, written)).toMatchObject({
    code: "kubernetes-unavailable",
    context: { reason: "too-large" },
  });
});

test("an API server of another authority gets no token", async () => {
  const outcome = await refreshAt(say(200, {}), written, roots);
  expect(outcome).toMatchObject({ code: "kubernetes-refused", context: { reason: "untrusted" }, paths: [] });
});

test("a list without an end is left after a bounded number of pages", async () => {
  const lie: Lie = (response, path, asked) =>
    say(200, path.includes("/apps/") ? { items: [], metadata: { continue: `canary${asked}` } } : {})(
      response,
      path,
      asked,
    );
  const { code, paths } = await refreshAt(lie, written);
  expect(code).toBe("kubernetes-unavailable");
  expect(paths.length).toBeLessThan(110);
});

test("a name that would lead to another object is passed over", async () => {
  const uses = { template: { spec: { imagePullSecrets: [{ name: "orders-db" }] } } };
  const item = (name: unknown) => ({ metadata: { name, resourceVersion: "1" }, spec: uses });
  const names = [
    "../../secrets/x",
    "web?force=true",
    "WEB",
    "",
    7,
    null,
    { a: 1 },
    "a/b",
    "%2e%2e",
    "web..x",
    "x".repeat(300),
  ];
  const lie: Lie = (response, path, asked) =>
    say(200, path.includes("?limit") ? { items: [null, "canary", ...names.map(item)] } : {})(response, path, asked);
  const { code, paths } = await refreshAt(lie, written);
  expect([code, paths.length]).toEqual([undefined, 4]);
});

test.each<unknown>([
  {},
  { spec: 7, status: [], metadata: "canary" },
  { spec: { data: [null, { remoteRef: [] }], dataFrom: "x", target: 3 } },
  `{"spec":${"[".repeat(500_000)}${"]".repeat(500_000)}}`,
])("an ExternalSecret of another shape is refused", async (object) => {
  const { code, paths } = await refreshAt(say(200, object), external);
  expect([code, paths.length]).toEqual(["kubernetes-refused", 1]);
});

test("an ExternalSecret that always changes, and one that claims to be synced before it was asked, restart nothing", async () => {
  const object = {
    metadata: { name: "orders", resourceVersion: "1" },
    spec: { refreshInterval: "1h", data: [{ remoteRef: { key: secretArn } }] },
    status: { syncedResourceVersion: "1", conditions: [{ type: "Ready", status: "True" }] },
  };
  const changing: Lie = (response, path, asked) => say(asked % 2 === 1 ? 200 : 409, object)(response, path, asked);
  expect(await refreshAt(changing, external)).toMatchObject({
    code: "kubernetes-unavailable",
    context: { reason: "conflict" },
  });
  const { code, paths } = await refreshAt(say(200, object), external);
  expect(code).toBe("kubernetes-not-refreshed");
  expect(paths.some((path) => path.includes("/configmaps/"))).toBe(false);
});
