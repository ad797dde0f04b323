import { expect, test } from "vitest";
import { certificate } from "../../tests/support/loopback-certificate.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { clusterOptions } from "./cluster-options.ts";

const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db/orders-AbCdEf";
const grant = { secret, namespace: "shop", externalSecret: "orders-db", restart: ["deployment/web"] };
const written = {
  secret,
  namespace: "jobs",
  kubernetesSecret: "orders-db",
  keys: { password: "password" },
  restart: "all",
};
const cluster = { name: "prod", server: "https://10.0.0.1:6443", ca: certificate, grants: [grant, written] };
const parse = (value: unknown) =>
  clusterOptions(new SecretValue(typeof value === "string" ? value : JSON.stringify(value)));

test("what is granted, and the defaults", () => {
  const { ca, ...others } = parse([cluster])[0] ?? {};
  expect(ca).toBe(certificate);
  expect(others).toEqual({
    name: "prod",
    server: "https://10.0.0.1:6443",
    restartsPerMinute: 10,
    home: "rekey",
    externalSecretsVersion: "v1",
    grants: [
      {
        secretArn: secret,
        namespace: "shop",
        object: { kind: "external", name: "orders-db" },
        restart: [{ kind: "deployment", name: "web" }],
      },
      {
        secretArn: secret,
        namespace: "jobs",
        object: { kind: "written", name: "orders-db", keys: new Map([["password", "password"]]) },
        restart: "all",
      },
    ],
  });
});

test("the roots may be in Base64, as EKS has them", () => {
  expect(parse([{ ...cluster, ca: Buffer.from(certificate).toString("base64") }])[0]?.ca).toBe(certificate);
});

test("the endpoint is taken as EKS writes it, with capital letters", () => {
  const server = "https://0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com";
  const [options] = clusterOptions(new SecretValue(JSON.stringify([{ ...cluster, server }])));
  expect(options?.server).toBe(server.toLowerCase());
});

test.each([
  "canary",
  { canary: 1 },
  ["canary"],
  Array.from({ length: 21 }, (_, index) => ({ ...cluster, name: `c${index}` })),
  [cluster, cluster],
  [{ ...cluster, canary: 1 }],
  [{ ...cluster, name: "a b" }],
  [{ ...cluster, server: "http://10.0.0.1" }],
  [{ ...cluster, server: "https://10.0.0.1/canary" }],
  [{ ...cluster, server: "https://canary@10.0.0.1" }],
  [{ ...cluster, ca: "canary" }],
  [{ ...cluster, ca: undefined }],
  [{ ...cluster, tokenFile: "canary" }],
  [{ ...cluster, region: "eu-west-1.evil.example/canary" }],
  [{ ...cluster, restartsPerMinute: 0 }],
  [{ ...cluster, restartsPerMinute: "10" }],
  [{ ...cluster, home: "../canary" }],
  [{ ...cluster, externalSecretsVersion: "v2" }],
  [{ ...cluster, grants: undefined }],
  [{ ...cluster, grants: ["canary"] }],
  [{ ...cluster, grants: [{ ...grant, canary: 1 }] }],
  [{ ...cluster, grants: [{ ...grant, secret: "db/orders" }] }],
  [{ ...cluster, grants: [{ ...grant, namespace: "a/b" }] }],
  [{ ...cluster, grants: [{ ...grant, namespace: ".." }] }],
  [{ ...cluster, grants: [{ ...grant, externalSecret: "a/../b" }] }],
  [{ ...cluster, grants: [{ ...grant, externalSecret: "a?force=true" }] }],
  [{ ...cluster, grants: [{ ...grant, externalSecret: undefined }] }],
  [{ ...cluster, grants: [{ ...grant, kubernetesSecret: "x" }] }],
  [{ ...cluster, grants: [{ ...grant, keys: { a: "a" } }] }],
  [{ ...cluster, grants: [{ ...grant, restart: "some" }] }],
  [{ ...cluster, grants: [{ ...grant, restart: ["pod/web"] }] }],
  [{ ...cluster, grants: [{ ...grant, restart: ["deployment/web/x"] }] }],
  [{ ...cluster, grants: [{ ...grant, restart: ["deployment/../x"] }] }],
  [{ ...cluster, grants: [{ ...written, keys: undefined }] }],
  [{ ...cluster, grants: [{ ...written, keys: {} }] }],
  [{ ...cluster, grants: [{ ...written, keys: { "a/b": "a" } }] }],
  [{ ...cluster, grants: [{ ...written, keys: { a: 1 } }] }],
  [{ ...cluster, grants: [written, { ...written, secret: secret.replace("orders", "others") }] }],
])("%j is refused, and nothing of it is in the error", (value) => {
  const failure = expect.objectContaining({ code: "option-invalid", message: expect.not.stringContaining("canary") });
  expect(() => parse(value)).toThrow(failure);
});
