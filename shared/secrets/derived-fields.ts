import { RekeyError } from "../errors/rekey-error.ts";
import type { SecretValue } from "./secret-value.ts";

interface Credential {
  readonly username: string;
  readonly password: SecretValue;
}

const own = new Set([
  "engine",
  "host",
  "port",
  "dbname",
  "username",
  "password",
  "masterarn",
  "ssl",
  "sslrootcert",
  "alternateusers",
]);

/** RFC 3986 unreserved characters stay; everything else is percent-encoded, so every URL parser reads it back. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

const userInfo = /^((?:jdbc:)?[a-z][a-z0-9+.-]*:\/\/)([^/?#@]*):([^/?#@]*)@/i;
const queryPair = /([?&;])(user(?:name)?|password)=([^&;#]*)/gi;

function renderUrl(url: string, old: Credential, next: Credential): string {
  const oldPassword = old.password.reveal();
  const nextPassword = next.password.reveal();
  return url
    .replace(userInfo, (whole, scheme: string, user: string, password: string) =>
      decode(user) === old.username && decode(password) === oldPassword
        ? `${scheme}${encode(next.username)}:${encode(nextPassword)}@`
        : whole,
    )
    .replace(queryPair, (whole, mark: string, key: string, value: string) => {
      const isPassword = key.toLowerCase() === "password";
      if (decode(value) !== (isPassword ? oldPassword : old.username)) return whole;
      return `${mark}${key}=${encode(isPassword ? nextPassword : next.username)}`;
    });
}

/**
 * The other fields of a secret that were made from its credential, rendered for the next one: URLs with user info and
 * JDBC URLs with `user` and `password` parameters. Errors: `secret-malformed` for a field that still holds the old
 * password afterwards.
 */
export function renderDerivedFields(
  fields: Readonly<Record<string, unknown>>,
  old: Credential,
  next: Credential,
): Record<string, string> {
  const oldPassword = old.password.reveal();
  const traces = [oldPassword, encode(oldPassword), encodeURIComponent(oldPassword)];
  const rendered: Record<string, string> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (own.has(field) || typeof value !== "string") continue;
    const result = renderUrl(value, old, next);
    const stale = oldPassword.length >= 8 && traces.some((trace) => result.includes(trace));
    if (stale && !next.password.equals(old.password)) {
      throw new RekeyError("secret-malformed", {
        context: { field, problem: "holds the password in a form rekey cannot render" },
      });
    }
    if (result !== value) rendered[field] = result;
  }
  return rendered;
}
