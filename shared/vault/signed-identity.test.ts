import { expect, test } from "vitest";
import { signedIdentity } from "./signed-identity.ts";

const credentials = async () => ({
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "canary-key",
  sessionToken: "session",
});
const decoded = (text: string | undefined): string => Buffer.from(text ?? "", "base64").toString();

test("the request is GetCallerIdentity, its headers are lists, and the server's id is among the signed ones", async () => {
  const fields = await signedIdentity({ credentials, serverId: "vault.example.com" });
  expect(JSON.stringify(fields)).not.toContain("canary-key");
  expect(fields["iam_http_request_method"]).toBe("POST");
  expect(decoded(fields["iam_request_url"])).toBe("https://sts.amazonaws.com/");
  expect(decoded(fields["iam_request_body"])).toBe("Action=GetCallerIdentity&Version=2011-06-15");
  const headers: Record<string, readonly string[]> = JSON.parse(decoded(fields["iam_request_headers"]));
  expect(headers["X-Vault-AWS-IAM-Server-ID"]).toEqual(["vault.example.com"]);
  expect(headers["x-amz-security-token"]).toEqual(["session"]);
  expect(headers["authorization"]?.[0]).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/sts\/aws4_request, SignedHeaders=[a-z0-9;-]*x-vault-aws-iam-server-id[a-z0-9;-]*, Signature=[0-9a-f]{64}$/,
  );
});

test("a region has its own endpoint, and stands in the signature", async () => {
  const fields = await signedIdentity({ credentials, region: "eu-west-1" });
  expect(decoded(fields["iam_request_url"])).toBe("https://sts.eu-west-1.amazonaws.com/");
  expect(decoded(fields["iam_request_headers"])).toContain("/eu-west-1/sts/aws4_request");
  expect(decoded(fields["iam_request_headers"])).not.toContain("Server-ID");
});

test("without keys it is credentials-missing, and what the provider said is not told", async () => {
  const failing = async () => Promise.reject(new Error("canary-of-a-provider"));
  const error: unknown = await signedIdentity({ credentials: failing }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "credentials-missing", context: { operation: "login" } });
  expect(String(error)).not.toContain("canary");
});
