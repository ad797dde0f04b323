import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  GetUserCommand,
  IAMClient,
  TagUserCommand,
} from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import { type AwsFront, startAwsFront } from "../../local/aws/front.ts";
import { createPrincipals } from "../../local/aws/principals.ts";
import { movableClock } from "../../local/clock.ts";
import { createIam, type Iam } from "../../local/iam/service.ts";
import { iamAccessKeys } from "../../shared/aws/iam/access-keys.ts";
import { iamAccessKeyEngine } from "../../shared/engines/iam-access-key/iam-access-key-engine.ts";
import type { AccessKeys } from "../../shared/ports/access-keys.ts";
import type { CredentialIssuer } from "../../shared/ports/credential-issuer.ts";
import type { DatabaseEngine } from "../../shared/ports/database-engine.ts";
import { issued } from "../../shared/rotation/strategies/issued.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";
import type { EngineFixture, EngineServer, SecretFields } from "../../shared/testing/engine-contract/fixture.ts";

const region = "us-east-1";
const administrator = { accessKeyId: "administrator", secretAccessKey: "administrator" };

/** IAM and STS of the local stack, alone. */
export interface IamUnderTest {
  readonly front: AwsFront;
  readonly service: Iam;
  readonly admin: IAMClient;
  /** Makes a user with a key, and returns the members of its secret. */
  newUser(name: string): Promise<{ UserName: string; AccessKeyId: string; SecretAccessKey: string }>;
  /** Whether STS takes the key, asked aside from the engine under test. */
  accepts(id: string, secret: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** The adapter of functions, on a server at this address. `maxAttempts`: of what may be sent again. */
export function accessKeysAt(endpoint: string, maxAttempts = 1): AccessKeys {
  const requestHandler = { requestTimeout: 2_000, throwOnRequestTimeout: true };
  const settings = { endpoint, region, requestHandler, maxAttempts };
  const iam = new IAMClient({ ...settings, credentials: administrator });
  const iamOnce = new IAMClient({ ...settings, credentials: administrator, maxAttempts: 1 });
  return iamAccessKeys({ iam, iamOnce, stsOf: (credentials) => new STSClient({ ...settings, credentials }) });
}

export async function startIam(): Promise<IamUnderTest> {
  const accountId = "123456789012";
  const principals = createPrincipals(accountId);
  const clock = movableClock();
  const service = createIam({ clock, accountId, principals });
  // The contract leads to it through a proxy.
  const allowedHosts = ["127.0.0.1"];
  const front = await startAwsFront({ services: [service], accountId, principals, allowedHosts });
  const admin = new IAMClient({ endpoint: front.endpoint, region, credentials: administrator });
  const keys = accessKeysAt(front.endpoint);
  return {
    front,
    service,
    admin,
    async newUser(UserName) {
      await admin.send(new CreateUserCommand({ UserName, Path: "/rekey/" }));
      const { AccessKey } = await admin.send(new CreateAccessKeyCommand({ UserName }));
      return {
        UserName,
        AccessKeyId: AccessKey?.AccessKeyId ?? "",
        SecretAccessKey: AccessKey?.SecretAccessKey ?? "",
      };
    },
    async accepts(username, secret) {
      const call = { signal: AbortSignal.timeout(10_000) };
      const identity = await keys.identity({ username, password: new SecretValue(secret) }, call);
      return typeof identity === "object";
    },
    async stop() {
      admin.destroy();
      clock.stop();
      await front.stop();
    },
  };
}

/** The engine of a function whose IAM and STS stand at the secret's own port, and that waits for nothing. */
function engineBehindProxy(): DatabaseEngine & CredentialIssuer {
  const engineAt = (port: number): DatabaseEngine & CredentialIssuer =>
    iamAccessKeyEngine({
      keys: accessKeysAt(`http://127.0.0.1:${port}`),
      isGranted: () => true,
      pause: async () => undefined,
      quietMs: 0,
    });
  return {
    ...engineAt(0),
    login: async (target, credential, call) => engineAt(target.port).login(target, credential, call),
    issue: async (target, current, call, earlier) => engineAt(target.port).issue(target, current, call, earlier),
    revokeOthers: async (target, keep, call) => engineAt(target.port).revokeOthers(target, keep, call),
  };
}

function serverOf(iam: IamUnderTest): EngineServer {
  const first = new Map<string, { readonly AccessKeyId: string; readonly SecretAccessKey: string }>();
  const owner = new Map<string, string>();
  const { admin, front } = iam;
  return {
    host: "127.0.0.1",
    port: Number(new URL(front.endpoint).port),
    fields: {},
    async createUser({ username }): Promise<SecretFields> {
      const key = await iam.newUser(username);
      first.set(username, key);
      owner.set(key.AccessKeyId, username);
      return { username: undefined, password: undefined, ...key };
    },
    // Somebody deletes the key.
    async changePassword({ username: AccessKeyId }) {
      await admin.send(new DeleteAccessKeyCommand({ AccessKeyId, UserName: [...first.keys()].at(-1) }));
    },
    async accepts({ username, password }) {
      const { AccessKeyId = username, SecretAccessKey = password } = first.get(username) ?? {};
      return iam.accepts(AccessKeyId, SecretAccessKey);
    },
    logs: async () => JSON.stringify(front.requests),
    failedLogins: async () =>
      front.requests.filter(({ service, status }) => service === "sts" && status !== 200).length,
    accountProperties: {
      tags: {
        async give(UserName) {
          await admin.send(new TagUserCommand({ UserName, Tags: [{ Key: "team", Value: "mail" }] }));
        },
      },
    },
    async describeAccount(UserName) {
      const { User } = await admin.send(new GetUserCommand({ UserName }));
      const { Tags = [], ...rest } = User ?? {};
      const foreign = Tags.filter(({ Key = "" }) => !Key.startsWith("rekey-"));
      return [JSON.stringify(rest), ...foreign.map((tag) => JSON.stringify(tag))];
    },
    hardships: {
      async busy() {
        const fault = front.faults.inject({ service: "iam", kind: "throttle" });
        return {
          async [Symbol.asyncDispose]() {
            fault.remove();
          },
        };
      },
    },
    stop: iam.stop,
  };
}

const ofTheSdk = "the endpoints are AWS's, chosen by the SDK; the secret names no server";

/** IAM and STS of the local stack, which moto's answers judge. */
export function iamFixture(): EngineFixture {
  const engine = engineBehindProxy();
  return {
    name: "IAM of the local stack",
    engine,
    strategies: { issued: issued(engine) },
    variants: [{ strategy: "issued", usesAdmin: false }],
    notInNames: /[^\w+=,.@-]/gu,
    exemptions: [
      { clause: "healthy", reason: "each request is a call of AWS, with connections of the SDK's own" },
      { clause: "clear-text", reason: "IAM makes the keys; the engine's own tests look for them" },
      { clause: "tls", reason: ofTheSdk },
      { clause: "tls-absent", reason: ofTheSdk },
      { clause: "tls-not-verified", reason: ofTheSdk },
      { clause: "clear-password-asked", reason: "a request is signed; the secret key is never sent" },
      { clause: "black-hole", reason: "the SDK tells a host that drops packets from a silent one in words alone" },
      { clause: "locked", reason: "IAM shows no locks" },
      { clause: "read-only", reason: "IAM shows no replicas" },
      { clause: "expired", reason: "an access key has no end" },
      { clause: "unknown-database", reason: "IAM has no databases" },
      {
        clause: "at-once",
        reason:
          "two runs may each have a key made, and one deletes the other's before it is stored; testSecret finds out",
      },
      {
        clause: "tampered",
        reason: "IAM names the key, so another key id in AWSPENDING cannot be told; the login tells",
      },
      { clause: "changed-by-hand", reason: "without a working AWSCURRENT nothing proves which key may be ended" },
    ],
    start: async () => serverOf(await startIam()),
  };
}
