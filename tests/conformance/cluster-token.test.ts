import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { clusterToken } from "../../shared/aws/sts/cluster-token.ts";
import { outsideProgram } from "../support/outside-program.ts";

const aws = outsideProgram("REKEY_AWS_CLI", "PyPI: awscli");
const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "canary-secret-key" };

const addressIn = (token: string): URL =>
  new URL(Buffer.from(token.replace(/^k8s-aws-v1\./, ""), "base64url").toString());
const sorted = ({ searchParams }: URL): readonly unknown[] =>
  [...searchParams].toSorted(([one], [other]) => (one < other ? -1 : 1));

test("a token is one for 60 seconds, and names its cluster among the signed headers", async () => {
  const options = {
    region: "eu-west-1",
    credentials: { ...keys, sessionToken: "session" },
    nowMs: Date.UTC(2026, 0, 1),
  };
  const token = (await clusterToken({ cluster: "prod", ...options })).reveal();
  expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
  const { host, searchParams } = addressIn(token);
  expect([host, Object.fromEntries(searchParams)]).toMatchObject([
    "sts.eu-west-1.amazonaws.com",
    {
      Action: "GetCallerIdentity",
      "X-Amz-Expires": "60",
      "X-Amz-Date": "20260101T000000Z",
      "X-Amz-Security-Token": "session",
      "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
    },
  ]);
  expect(addressIn((await clusterToken({ cluster: "prod", ...options, region: "cn-north-1" })).reveal()).host).toBe(
    "sts.cn-north-1.amazonaws.com.cn",
  );
});

test.skipIf(aws === undefined)("it is what aws eks get-token makes of the same keys at the same time", async () => {
  const { stdout } = await promisify(execFile)(aws ?? "", ["eks", "get-token", "--cluster-name", "prod"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: "/nonexistent",
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_STS_REGIONAL_ENDPOINTS: "regional",
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    },
  });
  const { status } = JSON.parse(stdout) as { readonly status: { readonly token: string } };
  const theirs = addressIn(status.token);
  const time = theirs.searchParams.get("X-Amz-Date") ?? "";
  const nowMs = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  const ours = addressIn(
    (await clusterToken({ cluster: "prod", region: "eu-west-1", credentials: keys, nowMs })).reveal(),
  );
  expect([ours.host, ours.pathname, sorted(ours)]).toEqual([theirs.host, theirs.pathname, sorted(theirs)]);
});
