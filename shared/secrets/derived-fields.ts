import { RekeyError } from "../errors/rekey-error.ts";
import { decode, encode } from "./percent-encoding.ts";
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
  "authSource",
  "username",
  "password",
  "masterarn",
  "ssl",
  "sslrootcert",
  "alternateusers",
]);

const userInfo = /^((?:jdbc:)?[a-z][a-z0-9+.-]*:\/\/)([^/?#@]*):([^/?#@]*)@/i;
const queryPair = /([?&;])(user(?:name)?|uid|password|pwd)=([^&;#]*)/gi;

/** Whether an encoded text says this; in a parameter, `+` may stand for a space. */
const says = (encoded: string, text: string): boolean =>
  decode(encoded) === text || decode(encoded.replaceAll("+", " ")) === text;

/** A text rendered for the next credential, and what of it was left as it stood. */
interface Rendered {
  readonly text: string;
  readonly kept: string;
}

function renderUrl(url: string, old: Credential, next: Credential): Rendered {
  const oldPassword = old.password.reveal();
  const render = (username: string, password: string): string =>
    url
      .replace(userInfo, (whole, scheme: string, oldUser: string, oldPass: string) =>
        decode(oldUser) === old.username && decode(oldPass) === oldPassword
          ? `${scheme}${username}:${password}@`
          : whole,
      )
      .replace(queryPair, (whole, mark: string, key: string, value: string) => {
        const isPassword = /^p/i.test(key);
        if (!says(value, isPassword ? oldPassword : old.username)) return whole;
        return `${mark}${key}=${isPassword ? password : username}`;
      });
  return { text: render(encode(next.username), encode(next.password.reveal())), kept: render("", "") };
}

function holds(text: string, password: string): boolean {
  const readings = [text, decode(text), decode(text.replaceAll("+", " "))];
  const writings = [encode(password), encodeURIComponent(password)];
  return (
    password.length >= 8 &&
    (readings.some((reading) => reading?.includes(password)) || writings.some((writing) => text.includes(writing)))
  );
}

function renderTree(field: string, value: unknown, old: Credential, next: Credential): unknown {
  if (typeof value === "string") {
    const rendered = renderUrl(value, old, next);
    if (!next.password.equals(old.password) && holds(rendered.kept, old.password.reveal())) {
      throw new RekeyError("secret-malformed", {
        context: { field, problem: "holds the password in a form rekey cannot render" },
      });
    }
    return rendered.text;
  }
  if (Array.isArray(value)) return value.map((item) => renderTree(field, item, old, next));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renderTree(field, item, old, next)]));
}

/**
 * The other fields of a secret that were made from its credential, rendered for the next one, also inside of lists and
 * objects: URLs with user info and JDBC URLs with `user` and `password` parameters. `except`: fields that are made anew in
 * any case. Errors: `secret-malformed` for a field that still holds the old password afterwards.
 */
export function renderDerivedFields(
  fields: Readonly<Record<string, unknown>>,
  old: Credential,
  next: Credential,
  except: ReadonlySet<string>,
): Record<string, unknown> {
  const derived = Object.entries(fields).filter(([field]) => !own.has(field) && !except.has(field));
  return Object.fromEntries(derived.map(([field, value]) => [field, renderTree(field, value, old, next)]));
}

/** Whether a name is one of the secret's own fields, which no template may write. */
export const isOwnField = (field: string): boolean => own.has(field);
