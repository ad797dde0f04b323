import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { MskSecrets } from "../../shared/engines/msk/engine-options.ts";
import { parseLoginSecret } from "../../shared/secrets/database-secret.ts";
import { SecretValue } from "../../shared/secrets/secret-value.ts";

interface Version {
  readonly value: SecretValue;
  readonly createdAt: Date;
}

/** Secrets of MSK's users in memory, with Secrets Manager's rules for versions. */
export interface MemoryMskSecrets extends MskSecrets {
  /** Makes the secret of a user, or puts another password into it. Returns its ARN. */
  put(username: string, password: string, more?: object): string;
  /** What MSK reads. */
  current(arn: string): { readonly versionId: string; readonly username: string; readonly password: string };
  /** Moves AWSCURRENT to a version that the secret had before. */
  moveBack(arn: string, versionId: string): void;
  arns(): readonly string[];
  /** How many versions a secret has. */
  versions(arn: string): number;
}

const mskArnOf = (username: string): string =>
  `arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_${Buffer.from(username).toString("hex")}-AbCdEf`;

/** `taken`: what MSK does at once with a password that it is given; default: nothing. */
export function memoryMskSecrets(
  taken: (username: string, password: string) => Promise<void> = async () => undefined,
): MemoryMskSecrets {
  const secrets = new Map<string, { current: string; readonly versions: Map<string, Version> }>();
  let serial = 0;
  function secretOf(arn: string): { current: string; readonly versions: Map<string, Version> } {
    const secret = secrets.get(arn);
    if (secret === undefined) throw new RekeyError("secret-not-found", { context: { secret: arn } });
    return secret;
  }
  function current(arn: string): ReturnType<MemoryMskSecrets["current"]> {
    const { current: versionId, versions } = secretOf(arn);
    const { username, password } = parseLoginSecret(versions.get(versionId)?.value ?? new SecretValue("{}"));
    return { versionId, username, password: password.reveal() };
  }
  return {
    current,
    put(username, password, more = {}) {
      const arn = mskArnOf(username);
      const secret = secrets.get(arn) ?? { current: "", versions: new Map<string, Version>() };
      secrets.set(arn, secret);
      secret.current = `by-hand-${++serial}`;
      const value = new SecretValue(JSON.stringify({ username, password, ...more }));
      secret.versions.set(secret.current, { value, createdAt: new Date() });
      return arn;
    },
    moveBack(arn, versionId) {
      secretOf(arn).current = versionId;
    },
    arns: () => [...secrets.keys()],
    versions: (arn) => secretOf(arn).versions.size,
    async read(arn) {
      const { current: versionId, versions } = secretOf(arn);
      const version = versions.get(versionId);
      return version === undefined ? undefined : { versionId, ...version };
    },
    async putLabelled(arn, { versionId, value }) {
      const secret = secretOf(arn);
      const known = secret.versions.get(versionId);
      if (known === undefined) {
        secret.versions.set(versionId, { value, createdAt: new Date() });
        secret.current = versionId;
      } else if (!known.value.equals(value)) {
        throw new RekeyError("version-conflict", { context: { secret: arn, version: versionId } });
      }
      const { username, password } = current(arn);
      await taken(username, password);
    },
  };
}
