import { isDeepStrictEqual } from "node:util";
import { RekeyError } from "../errors/rekey-error.ts";
import type { Mirror } from "../rotation/ports.ts";
import { holdsNewer, mirroredFields, type MirroredFields } from "./mirrored-fields.ts";
import type { VaultSend } from "../vault/connect-vault.ts";
import { isConflict, memberAt, refused } from "../vault/vault-answer.ts";
import type { VaultAnswer } from "../vault/vault-client.ts";
import { checkedPath } from "../vault/vault-path.ts";
import { mirrorPath } from "./mirror-path.ts";

export interface VaultKv2Options {
  /** Where KV version 2 is mounted: `secret` unless said. */
  readonly mount?: string;
  /** Put before the secret's name, with a slash between. */
  readonly pathPrefix?: string;
}

/** What a key holds now: revision 0 before the first write; no fields when the newest revision is deleted. */
interface Held {
  readonly revision: number;
  readonly fields: MirroredFields | undefined;
}

const writeAttempts = 5;

function heldIn(answer: VaultAnswer, path: string): Held {
  const revision = memberAt(answer.body, "data", "metadata", "version");
  const fields = memberAt(answer.body, "data", "data");
  if (typeof revision === "number" && (answer.status === 200 || answer.status === 404)) {
    const readable = typeof fields === "object" && fields !== null;
    return { revision, fields: readable ? Object.fromEntries(Object.entries(fields)) : undefined };
  }
  const errors = memberAt(answer.body, "errors");
  if (answer.status === 404 && Array.isArray(errors) && errors.length === 0) return { revision: 0, fields: undefined };
  throw refused(answer, "read", path);
}

/**
 * Mirrors into HashiCorp Vault's or OpenBao's KV version 2 through node-vault. The version's id, label and time are
 * written beside the data, so that each write is one check-and-set call that decides over data and version at once; the
 * key's custom metadata stays as others set it. A version that is there already and unaltered, or a newer one, is left
 * alone; an altered or deleted one is written again. The policy needs create, read and update on the data path.
 *
 * Errors when made: `option-invalid`. Errors of `write`: `mirror-unavailable`, `mirror-unauthorized`,
 * `mirror-rejected`, `mirror-conflict`, `mirror-path-invalid`, `tls-refused`, `time-budget-spent`. After any of them the
 * same write may be repeated.
 */
export function vaultKv2Mirror(send: VaultSend, options: VaultKv2Options = {}): Mirror {
  const { pathPrefix } = options;
  const mount = checkedPath("mount", options.mount ?? "secret");
  if (pathPrefix !== undefined) checkedPath("pathPrefix", pathPrefix);

  return {
    async write(entry, call) {
      const name = mirrorPath(entry, pathPrefix);
      const path = `${mount}/data/${name}`;
      const data = mirroredFields(entry);
      for (let attempt = 1; attempt <= writeAttempts; attempt++) {
        const held = heldIn(await send({ verb: "read", path }, call), path);
        if (held.fields && (isDeepStrictEqual(held.fields, data) || holdsNewer(held.fields, entry))) {
          return { revision: held.revision, written: false };
        }
        const body = { options: { cas: held.revision }, data };
        const answer = await send({ verb: "write", path, body }, call);
        const revision = memberAt(answer.body, "data", "version");
        if (typeof revision === "number") return { revision, written: true };
        if (!isConflict(answer)) throw refused(answer, "write", path);
      }
      throw new RekeyError("mirror-conflict", { context: { path, attempts: writeAttempts } });
    },
  };
}
