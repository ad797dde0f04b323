import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Pair } from "./ttc.ts";

/** Oracle's own numbers. */
const rounds = { verifier: 4_096, session: 3 } as const;
const verifier12c = 0x4815;
const none = Buffer.alloc(16);

function decrypt(key: Buffer, value: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-cbc", key, none).setAutoPadding(false);
  return Buffer.concat([decipher.update(value), decipher.final()]);
}

function encrypt(key: Buffer, value: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-cbc", key, none).setAutoPadding(false);
  return Buffer.concat([cipher.update(value), cipher.final()]);
}

const hex = (value: Buffer): string => value.toString("hex").toUpperCase();

const known = new Map<string, Buffer>();

/** What the server keeps of a password. */
export function verifierOf(password: string, salt: Buffer): Buffer {
  const name = `${hex(salt)} ${password}`;
  const found = known.get(name) ?? computed(password, salt);
  known.set(name, found);
  return found;
}

function computed(password: string, salt: Buffer): Buffer {
  const key = pbkdf2Sync(
    password,
    Buffer.concat([salt, Buffer.from("AUTH_PBKDF2_SPEEDY_KEY")]),
    rounds.verifier,
    64,
    "sha512",
  );
  return createHash("sha512").update(key).update(salt).digest().subarray(0, 32);
}

/** One login of the server's: the first answer, and who the second message is from. */
export interface Challenge {
  readonly pairs: readonly Pair[];
  /** The key of the session that one of these verifiers opens, and the password; `undefined` for a wrong one. */
  accept(
    message: ReadonlyMap<string, string>,
    verifiers: readonly Buffer[],
  ): { readonly key: Buffer; readonly password: string } | undefined;
}

/** The password that was sent under a key; `undefined` for what is none. */
export function passwordIn(key: Buffer, text: string): string | undefined {
  const sent = Buffer.from(text, "hex");
  if (sent.length === 0 || sent.length % 16 !== 0) return undefined;
  const plain = decrypt(key, sent);
  const padding = plain.at(-1) ?? 0;
  return plain.length - padding < 16 ? undefined : plain.subarray(16, plain.length - padding).toString("utf8");
}

/**
 * The challenge is made with one verifier. A client with another password of the user reads another key out of it, which a
 * server that knows the other verifier can work out too: so both passwords of a rollover log in.
 */
export function challenge(salt: Buffer, verifier: Buffer): Challenge {
  const sent = encrypt(verifier, randomBytes(32));
  const mixing = randomBytes(16);
  return {
    pairs: [
      { key: "AUTH_SESSKEY", value: hex(sent) },
      { key: "AUTH_VFR_DATA", value: hex(salt), flag: verifier12c },
      { key: "AUTH_PBKDF2_CSK_SALT", value: hex(mixing) },
      { key: "AUTH_PBKDF2_VGEN_COUNT", value: String(rounds.verifier) },
      { key: "AUTH_PBKDF2_SDER_COUNT", value: String(rounds.session) },
    ],
    accept(message, verifiers) {
      const theirs = Buffer.from(message.get("AUTH_SESSKEY") ?? "", "hex");
      if (theirs.length !== 32) return undefined;
      for (const one of verifiers) {
        const both = hex(Buffer.concat([decrypt(one, theirs), decrypt(one, sent)]));
        const key = pbkdf2Sync(both, mixing, rounds.session, 32, "sha512");
        const password = passwordIn(key, message.get("AUTH_PASSWORD") ?? "");
        if (password !== undefined && verifierOf(password, salt).equals(one)) return { key, password };
      }
      return undefined;
    },
  };
}

/** How the server shows that it knows the verifier. */
export const proof = (key: Buffer): string =>
  hex(encrypt(key, Buffer.concat([randomBytes(16), Buffer.from("SERVER_TO_CLIENT")])));
