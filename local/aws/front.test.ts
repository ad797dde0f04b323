import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, expect, test } from "vitest";
import { startAwsFront, type AwsFront } from "./front.ts";
import type { IssuedCredentials } from "./principals.ts";
import { AwsError, type AwsCall, type AwsService, type PolicyDocument } from "./service.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:MySecret-AbCdEf";
const anyone: IssuedCredentials = { accessKeyId: "AKIDANY", secretAccessKey: "any" };
const calls: AwsCall[] = [];
const secrets: AwsService = {
  name: "secretsmanager",
  targets: ["secretsmanager"],
  resources: () => [secretArn],
  handle: async (call) => {
    calls.push(call);
    if (call.input["SecretId"] === "none") throw new AwsError("ResourceNotFoundException", "can't find it");
    return { body: { ARN: secretArn, Name: "MySecret", VersionId: undefined, CreatedDate: 1.5 } };
  },
};

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  calls.length = 0;
  for (const close of opened.splice(0)) await close();
});

async function open(): Promise<AwsFront> {
  const front = await startAwsFront({ services: [secrets], accountId: "123456789012" });
  opened.push(() => front.stop());
  return front;
}

function client(front: AwsFront, credentials: IssuedCredentials, region = "us-east-1"): SecretsManagerClient {
  const made = new SecretsManagerClient({ endpoint: front.endpoint, region, credentials, maxAttempts: 1 });
  opened.push(() => made.destroy());
  return made;
}

const get = new GetSecretValueCommand({ SecretId: "MySecret" });
const allow = (Resource: string): PolicyDocument => ({
  Statement: { Effect: "Allow", Action: "secretsmanager:Get*", Resource },
});

test("the SDK gets an answer, an error with its type, and the region that it signed for", async () => {
  const front = await open();
  const answer = await client(front, anyone, "eu-west-1").send(get);
  expect(answer).toMatchObject({ Name: "MySecret", CreatedDate: new Date(1500) });
  expect(answer.$metadata.requestId).toBe(front.requests[0]?.requestId);
  expect(calls[0]?.region).toBe("eu-west-1");
  const missing = client(front, anyone).send(new GetSecretValueCommand({ SecretId: "none" }));
  await expect(missing).rejects.toMatchObject({ name: "ResourceNotFoundException", message: "can't find it" });
});

test("an issued key is verified: right, wrong secret, wrong session token, and a request that was altered or is old", async () => {
  const front = await open();
  const issued = front.principals.assumeRole("app", "session", [allow("*")]);
  await client(front, issued).send(get);
  expect(calls[0]?.principal.arn).toBe("arn:aws:sts::123456789012:assumed-role/app/session");

  const wrongSecret = client(front, { ...issued, secretAccessKey: "wrong" }).send(get);
  await expect(wrongSecret).rejects.toMatchObject({ name: "InvalidSignatureException" });
  const wrongToken = client(front, { ...issued, sessionToken: "wrong" }).send(get);
  await expect(wrongToken).rejects.toMatchObject({ name: "UnrecognizedClientException" });

  const late = client(front, issued);
  late.config.systemClockOffset = -10 * 60_000;
  await expect(late.send(get)).rejects.toThrow(/^Signature expired: .* \(.* - 5 min\.\)$/u);

  const altered = client(front, issued);
  altered.middlewareStack.add(
    (next) => (step) => {
      const { request } = step;
      if (typeof request === "object" && request !== null && "body" in request) request.body = '{"SecretId":"other"}';
      if (typeof request === "object" && request !== null && "headers" in request) {
        Object.assign(request.headers ?? {}, { "content-length": "20" });
      }
      return next(step);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  await expect(altered.send(get)).rejects.toMatchObject({ name: "InvalidSignatureException" });
  expect(calls).toHaveLength(1);
});

test("a request without a signature is refused, in each protocol's own words", async () => {
  const front = await open();
  const json = await fetch(front.endpoint, {
    method: "POST",
    headers: { "x-amz-target": "secretsmanager.GetSecretValue" },
  });
  expect(json.status).toBe(403);
  expect(await json.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
  const form = await fetch(front.endpoint, { method: "POST", body: new URLSearchParams({ Action: "Publish" }) });
  expect(form.status).toBe(403);
  expect(await form.text()).toContain("<Code>MissingAuthenticationToken</Code>");
});

test("STS says who signed, whatever its policies", async () => {
  const front = await open();
  const answer = await fetch(front.endpoint, {
    method: "POST",
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: new URLSearchParams({ Action: "GetCallerIdentity", Version: "2011-06-15" }),
  });
  expect(await answer.text()).toContain("<Arn>arn:aws:iam::123456789012:root</Arn>");
});

test("a policy on the ARN without its six random characters does not match the secret; with -?????? it does", async () => {
  const front = await open();
  const name = secretArn.slice(0, -"-AbCdEf".length);
  const pitfall = front.principals.createUser("pitfall", [allow(name)]);
  await expect(client(front, pitfall).send(get)).rejects.toMatchObject({
    name: "AccessDeniedException",
    message:
      "User: arn:aws:iam::123456789012:user/pitfall is not authorized to perform: secretsmanager:GetSecretValue " +
      `on resource: ${secretArn} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
  });
  const right = front.principals.createUser("right", [allow(`${name}-??????`)]);
  await expect(client(front, right).send(get)).resolves.toMatchObject({ Name: "MySecret" });
});

test("a refused call has no effect, a cut one has; both break the connection, at the call that was named", async () => {
  const front = await open();
  const sdk = client(front, anyone);
  const refused = front.faults.inject({ service: "secretsmanager", kind: "refuse", nth: 2 });
  await sdk.send(get);
  await expect(sdk.send(get)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(calls).toHaveLength(1);
  const cut = front.faults.inject({ operation: "GetSecretValue", kind: "cut", nth: 1 });
  await expect(sdk.send(get)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(calls).toHaveLength(2);
  await sdk.send(get);
  expect([refused.struck, cut.struck, refused.matched]).toEqual([1, 1, 4]);
  expect(front.requests.map(({ status, handled }) => [status, handled])).toEqual([
    [200, true],
    [undefined, false],
    [undefined, true],
    [200, true],
  ]);
});

test("a late answer tells what was when the call took effect, and others pass it meanwhile", async () => {
  const front = await open();
  const sdk = client(front, anyone);
  const late = front.faults.inject({ kind: "late", delayMs: 200, nth: 1 });
  const ended: string[] = [];
  const first = sdk.send(get).then(() => ended.push("late"));
  await expect.poll(() => calls).toHaveLength(1);
  await sdk.send(get);
  ended.push("next");
  await first;
  expect([ended, late.struck]).toEqual([["next", "late"], 1]);
});

test("throttling and chosen errors are what the SDK retries or reports", async () => {
  const front = await open();
  front.faults.inject({ kind: "throttle", nth: 1 });
  await expect(client(front, anyone).send(get)).rejects.toMatchObject({ name: "ThrottlingException" });
  front.faults.inject({ kind: "error", nth: 1 });
  front.faults.inject({ kind: "error", nth: 2, error: new AwsError("InternalServiceError", "oops", 500) });
  const retrying = new SecretsManagerClient({ endpoint: front.endpoint, region: "us-east-1", credentials: anyone });
  opened.push(() => retrying.destroy());
  await expect(retrying.send(get)).resolves.toMatchObject({ $metadata: { attempts: 3 } });
});

test("the record of requests names calls and callers, and holds no body", async () => {
  const front = await open();
  const role = front.principals.assumeRole("rotator", "rotate-postgres", [allow("*")]);
  await client(front, anyone).send(get);
  await client(front, role).send(get);
  expect(front.requests).toMatchObject([
    { operation: "GetSecretValue", principalArn: "arn:aws:iam::123456789012:root" },
    { service: "secretsmanager", resources: [secretArn], status: 200 },
  ]);
  expect(front.requests[1]?.principalArn).toContain("assumed-role/rotator/rotate-postgres");
  expect(JSON.stringify(front.requests)).not.toContain("SecretId");
});
