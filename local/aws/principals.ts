import { randomBytes } from "node:crypto";
import { defined } from "../../shared/secrets/defined.ts";
import type { PolicyDocument, Principal } from "./service.ts";

/** What a signer needs, in the SDK's names. */
export interface IssuedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Notes that a key signed a request of a service; false: the key is not taken. */
export type NoteUse = (service: string, region: string) => boolean;

interface IssuedKey {
  readonly principal: Principal;
  readonly credentials: IssuedCredentials;
  readonly use?: NoteUse;
}

/** A role that somebody may assume. */
export interface AssumableRole {
  readonly name: string;
  /** Default: the stack's own. */
  readonly accountId?: string;
  /** Who may assume it. */
  readonly trust: PolicyDocument;
  readonly policies: readonly PolicyDocument[];
}

export interface Principals {
  /** What every access key that was not issued here stands for, but for `administratorOf`. */
  readonly administrator: Principal;
  /**
   * Who signs with a key that was not issued here: one of twelve digits is the administrator of the account of that number,
   * `rds.amazonaws.com` and the like that service of AWS, which acts for the stack's account.
   */
  administratorOf(accessKeyId: string): Principal;
  /** Makes a role, and returns its ARN. */
  createRole(role: AssumableRole): string;
  roleAt(arn: string): AssumableRole | undefined;
  /** Temporary credentials of a role's session, as the Lambda service hands them to a function. */
  assumeRole(
    roleName: string,
    sessionName: string,
    policies: readonly PolicyDocument[],
    tags?: Readonly<Record<string, string>>,
    inAccount?: string,
  ): IssuedCredentials;
  /** Long-lived credentials of an IAM user. */
  createUser(userName: string, policies: readonly PolicyDocument[]): IssuedCredentials;
  /** One of the access keys of an IAM user, of whom IAM keeps the books. */
  createKey(principal: Principal, use: NoteUse): IssuedCredentials;
  find(accessKeyId: string): IssuedKey | undefined;
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const keyId = (prefix: string): string =>
  prefix + Array.from(randomBytes(16), (byte) => base32.charAt(byte % base32.length)).join("");

/** The access keys that this stack issued. Only those are verified: see `administrator`. */
export function createPrincipals(accountId: string): Principals {
  const keys = new Map<string, IssuedKey>();
  const issue = (principal: Principal, credentials: IssuedCredentials, use?: NoteUse): IssuedCredentials => {
    keys.set(credentials.accessKeyId, { principal, credentials, ...defined({ use }) });
    return credentials;
  };
  const roles = new Map<string, AssumableRole>();
  const administrator: Principal = { arn: `arn:aws:iam::${accountId}:root`, accountId };
  const secretAccessKey = (): string => randomBytes(30).toString("base64");

  return {
    administrator,
    administratorOf(accessKeyId) {
      if (/^\d{12}$/u.test(accessKeyId)) return { arn: `arn:aws:iam::${accessKeyId}:root`, accountId: accessKeyId };
      const awsService = /^([a-z0-9-]+)\.amazonaws\.com$/u.exec(accessKeyId)?.[1];
      return awsService === undefined ? administrator : { ...administrator, awsService };
    },
    createRole(role) {
      const arn = `arn:aws:iam::${role.accountId ?? accountId}:role/${role.name}`;
      roles.set(arn, role);
      return arn;
    },
    roleAt: (arn) => roles.get(arn),
    assumeRole(roleName, sessionName, policies, tags = {}, inAccount = accountId) {
      const arn = `arn:aws:sts::${inAccount}:assumed-role/${roleName}/${sessionName}`;
      return issue(
        { arn, accountId: inAccount, policies, tags },
        {
          accessKeyId: keyId("ASIA"),
          secretAccessKey: secretAccessKey(),
          sessionToken: randomBytes(96).toString("base64"),
        },
      );
    },
    createUser(userName, policies) {
      const arn = `arn:aws:iam::${accountId}:user/${userName}`;
      return issue({ arn, accountId, policies }, { accessKeyId: keyId("AKIA"), secretAccessKey: secretAccessKey() });
    },
    createKey: (principal, use) =>
      issue(principal, { accessKeyId: keyId("AKIA"), secretAccessKey: secretAccessKey() }, use),
    find: (accessKeyId) => keys.get(accessKeyId),
  };
}
