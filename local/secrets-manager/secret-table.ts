import { AwsError } from "../aws/service.ts";
import { type SecretRecord, secretNotFound } from "./secret-record.ts";

/** The secrets of one region and account, found by name, ARN, or ARN without its suffix. */
export interface SecretTable {
  find(id: string): SecretRecord | undefined;
  /** Errors: ResourceNotFoundException, and InvalidRequestException while it is scheduled for deletion. */
  open(id: string): SecretRecord;
  /** The same for a write. Errors: also InvalidParameterException for a replica. */
  openPrimary(id: string): SecretRecord;
  /** The same, also while it is scheduled for deletion. */
  openAny(id: string): SecretRecord;
  add(secret: SecretRecord): void;
  remove(secret: SecretRecord): void;
  all(): readonly SecretRecord[];
}

export function secretTable(nowMs: () => number): SecretTable {
  const byName = new Map<string, SecretRecord>();

  const find = (id: string): SecretRecord | undefined => {
    const named = id.startsWith("arn:") ? undefined : byName.get(id);
    // A partial ARN whose name itself ends in a hyphen and six characters is read as a full one.
    const secret =
      named ??
      [...byName.values()].find(({ arn }) => arn === id || (arn.slice(0, -7) === id && !/-[A-Za-z0-9]{6}$/.test(id)));
    if (secret?.deletionMs !== undefined && secret.deletionMs <= nowMs()) {
      byName.delete(secret.name);
      return undefined;
    }
    return secret;
  };
  const openAny = (id: string): SecretRecord => {
    const secret = find(id);
    if (secret === undefined) throw secretNotFound();
    return secret;
  };
  const open = (id: string): SecretRecord => {
    const secret = openAny(id);
    if (secret.deletionMs !== undefined) {
      throw new AwsError(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  };
  return {
    find,
    open,
    openAny,
    openPrimary(id) {
      const secret = open(id);
      if (secret.primaryRegion !== undefined) {
        throw new AwsError(
          "InvalidParameterException",
          "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
        );
      }
      return secret;
    },
    add: (secret) => void byName.set(secret.name, secret),
    remove: (secret) => void byName.delete(secret.name),
    all: () => [...byName.keys()].map(find).filter((secret) => secret !== undefined),
  };
}
