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

test("spaces and empty places in a list do not count, and a name has up to 63 characters", () => {
  const long = "n".repeat(63);
  expect(parseVaultClusters(` a-1 ,,${long}, `, " , tagged=b ,prefix:x y/=a-1,region:x=a-1,prefix:x=a-1")).toEqual({
    shared: ["a-1", long],
    routes: [
      { by: "prefix", value: "x y/", cluster: "a-1" },
      { by: "region", value: "x", cluster: "a-1" },
      { by: "prefix", value: "x", cluster: "a-1" },
    ],
    tagged: ["b"],
  });
});

test("a region's route is none for a name, and a prefix's is none for a region", () => {
  const clusters = parseVaultClusters("other", "region:us-east-1=c,prefix:eu-west-1=d");
  expect(clusterOf(secret("us-east-1/db"), clusters)).toBe("other");
  expect(clusterOf(secret("eu-west-1/db"), clusters)).toBe("d");
});

test("the longest prefix counts, in whatever order the routes stand", () => {
  for (const routes of ["prefix:a=short,prefix:a/b=long", "prefix:a/b=long,prefix:a=short"]) {
    expect(clusterOf(secret("a/b/c"), parseVaultClusters("other", routes))).toBe("long");
  }
});

const forms = "prefix:<name>=<cluster>, region:<region>=<cluster> or tagged=<cluster>";
type Refusal = readonly [option: string, problem: string, clusters: string | undefined, routes: string | undefined];
const otherForm = (route: string): Refusal => ["VAULT_CLUSTER_ROUTES", `${route} is none of ${forms}`, "a", route];
const otherName = (name: string): Refusal => [
  "VAULT_CLUSTERS",
  `${name} has other characters than a-z 0-9 -`,
  `a,${name}`,
  undefined,
];

test.each<Refusal>([
  ["VAULT_CLUSTERS", "not set", undefined, undefined],
  ["VAULT_CLUSTERS", "not set", " , ", undefined],
  ["VAULT_CLUSTERS", "a cluster stands there twice", "a,b,a", undefined],
  otherName("B_2"),
  otherName("-b"),
  otherName("b c"),
  otherName("n".repeat(64)),
  otherForm("name:x=a"),
  otherForm("prefix:x="),
  otherForm("prefix:=a"),
  otherForm("region:us-east-1=B_2"),
  otherForm("untagged=a"),
  otherForm("a"),
  ["VAULT_CLUSTER_ROUTES", "two routes are for the same secrets", "a", "prefix:x=a,prefix:x=b"],
])("%s is option-invalid because %s", (option, problem, clusters, routes) => {
  expect(() => parseVaultClusters(clusters, routes)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: { option, problem } }),
  );
});

test("without a cluster there is none for a secret", () => {
  expect(() => clusterOf(secret("a"), { shared: [], routes: [], tagged: [] })).toThrow(
    expect.objectContaining({ code: "option-invalid", context: { option: "VAULT_CLUSTERS", problem: "not set" } }),
  );
});

test("a tag that names no cluster is option-invalid, so that a mistyped one is not a secret without a mirror", () => {
  expect(() => clusterOf(secret("a", { cluster: "for" }), three)).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: { secret: secret("a").secretArn, option: "rekey:vault-cluster" },
      hint: expect.stringContaining("VAULT_CLUSTERS"),
    }),
  );
});
