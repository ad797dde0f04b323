import type { VersionChoice } from "../client/secret-client.ts";
import type { Stage } from "../client/sources/secret-source.ts";
import { type Reply, refusal } from "./reply.ts";
import { fixedPathOf } from "./request-target.ts";

export interface SecretQuery {
  readonly secretId: string;
  /** The role by which the secret is read. `undefined`: the agent's own identity. */
  readonly roleArn: string | undefined;
  /** `undefined`: AWSCURRENT. */
  readonly choice: VersionChoice | undefined;
  /** The label that a version named by its id must bear, where both were asked for. */
  readonly mustBear: Stage | undefined;
  readonly refreshNow: boolean;
}

/**
 * What Secrets Manager takes, and nothing else: neither a control character, by which an id could pass for another one in a
 * cache or a log, nor a length that fills the memory.
 */
const validId = /^[\w/+=.@!:-]{1,2048}$/;
const validVersionId = /^[\x21-\x7e]{32,64}$/;
const validRole = /^arn:aws[a-z-]{0,16}:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;
const validStage = /^[^\p{C}]{1,256}$/u;
const parameters = new Set(["secretId", "versionId", "versionStage", "refreshNow", "roleArn"]);
const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const bad = (body: string): Reply => refusal(400, body, "bad-request");

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** What follows the prefix; an address that was joined with a slash too many at its beginning has it, too. */
function afterPrefix(path: string, prefix: string): string | undefined {
  const found = [path, path.replace(/^\/+/, "/")].find((one) => one.startsWith(prefix));
  return found?.slice(prefix.length);
}

/**
 * Reads `/secretsmanager/get?secretId=…` and `<path prefix><secretId>`, as AWS's agent and Lambda extension take them. A
 * `Reply`: the request is refused with it. `undefined`: it is for neither.
 */
export function secretQuery(target: string, pathPrefix: string): SecretQuery | Reply | undefined {
  const end = target.indexOf("?");
  const path = end === -1 ? target : target.slice(0, end);
  const query = new URLSearchParams(end === -1 ? "" : target.slice(end + 1));
  const isPathStyle = fixedPathOf(path) !== "/secretsmanager/get";
  const idInPath = afterPrefix(path, pathPrefix);
  if (isPathStyle && idInPath === undefined) return undefined;
  const unknown = [...query.keys()].find((name) => !parameters.has(name) || (isPathStyle && name === "secretId"));
  if (unknown !== undefined) return bad(`unknown parameter: ${unknown}`);
  const repeated = [...parameters].find((name) => query.getAll(name).length > 1);
  if (repeated !== undefined) return bad(`repeated parameter: ${repeated}`);
  const secretId = isPathStyle ? decoded(idInPath ?? "") : query.get("secretId");
  if (!secretId) return bad(isPathStyle ? "missing secret ID" : "missing parameter secretId");
  if (!validId.test(secretId)) return bad("invalid secret ID");
  const refreshNow = booleans.get(query.get("refreshNow")?.toLowerCase() ?? "false");
  if (refreshNow === undefined) return bad("invalid refreshNow value");
  const versionId = query.get("versionId");
  if (versionId !== null && !validVersionId.test(versionId)) return bad("invalid versionId value");
  const stage = query.get("versionStage") as Stage | null;
  if (stage !== null && !validStage.test(stage)) return bad("invalid versionStage value");
  const roleArn = query.get("roleArn") ?? undefined;
  if (roleArn !== undefined && !validRole.test(roleArn)) return bad("invalid roleArn value");
  return {
    secretId,
    roleArn,
    choice: versionId !== null ? { versionId } : stage !== null ? { stage } : undefined,
    mustBear: (versionId !== null && stage) || undefined,
    refreshNow,
  };
}
