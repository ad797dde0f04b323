import { isMembers } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { ClusterGrant } from "../ports/workload-cluster.ts";
import type { StoredVersion } from "../ports/secret-store.ts";

/** The owner of the fields that rekey writes, by which the API server refuses to take those of others. */
export const fieldManager = "rekey";

const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString("base64");

function membersIn({ value }: StoredVersion, secret: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(value.reveal());
    if (isMembers(parsed)) return parsed;
  } catch {
    // Not JSON: an error of the parser quotes the text.
  }
  throw new RekeyError("secret-malformed", { context: { secret } });
}

function memberIn(members: Readonly<Record<string, unknown>>, member: string, secret: string): string {
  const value = Object.hasOwn(members, member) ? members[member] : undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new RekeyError("secret-malformed", { context: { secret, field: member } });
}

/**
 * What is applied: the granted keys, and which version they are of. There is no type and no label in it, so the Secret keeps its own.
 * Errors: `secret-malformed` where the secret has no such member, or is no JSON; `secret-binary`.
 */
export function writtenSecret({ secretArn, namespace, object }: ClusterGrant, version: StoredVersion): object {
  const keys = object.kind === "written" ? [...object.keys] : [];
  const members = keys.some(([, member]) => member !== "*") ? membersIn(version, secretArn) : {};
  const data = keys.map(([key, member]) => [
    key,
    base64(member === "*" ? version.value.bytes() : memberIn(members, member, secretArn)),
  ]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: object.name, namespace, annotations: { "rekey/version": version.versionId } },
    data: Object.fromEntries(data),
  };
}
