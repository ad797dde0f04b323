import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { certificate } from "../../../tests/support/loopback-certificate.ts";
import { runRekey, type Transcript } from "../../../tests/support/run-rekey.ts";

const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders-AbCdEf";
const grant = { secret, namespace: "shop", externalSecret: "orders", restart: ["deployment/web", "deployment/api"] };
const cluster = { name: "prod", server: "https://10.0.0.1", ca: certificate, grants: [grant] };
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rekey-manifests-"));
});
afterAll(async () => rm(folder, { recursive: true }));

async function manifests(clusters: unknown, ...words: string[]): Promise<Transcript> {
  await writeFile(join(folder, "clusters.json"), JSON.stringify(clusters));
  return runRekey(["kubernetes-manifests", "clusters.json", ...words], { env: {}, cwd: folder });
}

test("the access entry, and Roles with names and no more", async () => {
  const { code, out } = await manifests([cluster], "--role-arn", "arn:aws:iam::123456789012:role/rekey");
  const [entry = "", ...documents] = out.split("---\n");
  expect([code, entry.trimEnd().split("\n")]).toEqual([
    0,
    [
      expect.stringMatching(/^# aws eks create-access-entry --cluster-name prod --type STANDARD /),
      "#   --principal-arn arn:aws:iam::123456789012:role/rekey --kubernetes-groups rekey-refresh",
    ],
  ]);
  const objects = documents.map((document) => parse(document) as { readonly kind: string; readonly rules?: unknown });
  expect(objects.filter(({ kind }) => kind === "Role").map(({ rules }) => rules)).toEqual([
    [{ apiGroups: [""], resources: ["configmaps"], resourceNames: ["rekey-restarts"], verbs: ["get", "patch"] }],
    [
      {
        apiGroups: ["external-secrets.io"],
        resources: ["externalsecrets"],
        resourceNames: ["orders"],
        verbs: ["get", "patch"],
      },
      { apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["api", "web"], verbs: ["get", "patch"] },
    ],
  ]);
});

test("a cluster with a token's file has an account for it, and no access entry", async () => {
  const { out } = await manifests([{ ...cluster, tokenFile: "/opt/token" }], "--json");
  const { items } = JSON.parse(out) as { readonly items: readonly Readonly<Record<string, unknown>>[] };
  const account = { kind: "ServiceAccount", name: "rekey-refresh", namespace: "rekey" };
  const subjects = items.filter(({ kind }) => kind === "RoleBinding").map((binding) => binding["subjects"]);
  expect(subjects).toEqual([[account], [account]]);
  expect(items.map(({ kind }) => kind)).toContain("ServiceAccount");
  expect(out).toContain("system:serviceaccount:rekey:rekey-refresh");
});

test.each([
  [[cluster, { ...cluster, name: "two" }], [], "several clusters"],
  [[cluster], ["--cluster", "none"], "no such cluster"],
  [[{ ...cluster, canary: 1 }], [], "option-invalid"],
])("%j with %j is refused", async (clusters, words, problem) => {
  const { code, out, err } = await manifests(clusters, ...words);
  expect([code, out, err]).toEqual([1, "", expect.stringContaining(problem)]);
});
