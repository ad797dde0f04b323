import { createHash, randomBytes } from "node:crypto";
import type { DatabaseTarget } from "../../ports/database-engine.ts";

/** The account and the name with its six random characters: an ARN without the region, since a secret's replica may become it. */
function ownerIn(arn: string): string {
  const [, , , , account, , ...name] = arn.split(":");
  return name.length === 0 ? arn : `${account}:${name.join(":")}`;
}

/**
 * What the label of each key begins with that rekey made for this secret. Who may read the API's list finds the secret by it;
 * the hash is what counts. Labels have at most 63 characters.
 */
export function ownLabel({ secretName = "", secretArn = secretName }: DatabaseTarget): string {
  const mark = createHash("sha256").update(ownerIn(secretArn)).digest("hex").slice(0, 20);
  return `rekey ${secretName.slice(0, 27)} ${mark}-`;
}

/** A label that no other key has: some APIs want names to be unique. */
export const newLabel = (target: DatabaseTarget): string => `${ownLabel(target)}${randomBytes(4).toString("hex")}`;
