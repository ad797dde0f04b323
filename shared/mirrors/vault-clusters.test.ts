import { expect, test } from "vitest";
import { clusterNames, clusterOf, parseVaultClusters } from "./vault-clusters.ts";

const secret = (secretName: string, { region = "eu-west-1", cluster }: { region?: string; cluster?: string } = {}) => ({
  secretArn: `arn:aws:secretsmanager:${region}:123456789012:secret:${secretName}-AbCdEf`,
  secretName,
  tags: new Map(cluster === undefined ? [] : [["rekey:vault-cluster", cluster]]),
});
const three = parseVaultClusters("one,two,three", undefined);
const names = Array.from({ length: 3_000 }, (_, at) => `prod/service-${at}/db`);

test("a tag goes before a prefix, the longest prefix before another, a prefix before a region, a region before the hash", () => {
  const clusters = parseVaultClusters("eu-1", "prefix:pay/=a, prefix:pay/card/=b, region:us-east-1=c, tagged=legal");
  const us = { region: "us-east-1" };
  expect(clusterOf(secret("pay/card/db", { ...us, cluster: "legal" }), clusters)).toBe("legal");
  expect(clusterOf(secret("pay/card/db", us), clusters)).toBe("b");
  expect(clusterOf(secret("pay/db", us), clusters)).toBe("a");
  expect(clusterOf(secret("shop/db", us), clusters)).toBe("c");
  expect(clusterOf(secret("shop/db"), clusters)).toBe("eu-1");
  expect([...clusterNames(clusters)]).toEqual(["eu-1", "a", "b", "c", "legal"]);
});

test("a cluster that only a route or a tag names gets no other secret", () => {
  const clusters = parseVaultClusters("eu-1,eu-2", "prefix:pay/=eu-3,tagged=eu-4");
  expect(new Set(names.map((name) => clusterOf(secret(name), clusters)))).toEqual(new Set(["eu-1", "eu-2"]));
});

test("where each name lies is fixed for good", () => {
  // max(clusters, key=lambda c: hashlib.sha256(f"{c}\0{name}".encode()).hexdigest()), by Python.
  expect(
    names
      .slice(0, 12)
      .map((name) => clusterOf(secret(name), three))
      .join(" "),
  ).toBe("two two one one one three two one two one one one");
});

test("a secret that is made anew, or a replica of it, lies where it lay", () => {
  expect(clusterOf(secret("a/b", { region: "us-east-1" }), three)).toBe(clusterOf(secret("a/b"), three));
});

test("clusters get equal shares", () => {
  const counts = new Map<string, number>();
  for (const name of names) {
    const cluster = clusterOf(secret(name), three);
    counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  }
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(100);
});

test.each([
  ["no cluster", undefined, undefined, "VAULT_CLUSTERS"],
  ["a cluster twice", "a,b,a", undefined, "VAULT_CLUSTERS"],
  ["a name that is none", "a,B_2", undefined, "VAULT_CLUSTERS"],
  ["a route of another form", "a", "name:x=a", "VAULT_CLUSTER_ROUTES"],
  ["a route without a cluster", "a", "prefix:x=", "VAULT_CLUSTER_ROUTES"],
  ["a route to a name that is none", "a", "region:us-east-1=B_2", "VAULT_CLUSTER_ROUTES"],
  ["two routes for the same secrets", "a", "prefix:x=a,prefix:x=b", "VAULT_CLUSTER_ROUTES"],
])("%s is option-invalid", (_what, clusters, routes, option) => {
  expect(() => parseVaultClusters(clusters, routes)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) }),
  );
});

test("a tag that names no cluster is option-invalid, so that a mistyped one is not a secret without a mirror", () => {
  expect(() => clusterOf(secret("a", { cluster: "for" }), three)).toThrow(
    expect.objectContaining({ code: "option-invalid", hint: expect.stringContaining("VAULT_CLUSTERS") }),
  );
});
