/** The place of a user name or a password in a connection string. */
export interface Slot {
  readonly holds: "user" | "password";
  readonly start: number;
  readonly end: number;
  /** What a driver may take its text for. More than one where drivers differ. */
  readonly readings: readonly string[];
  /** Another user name or password, quoted as the form wants it; `undefined` where the form cannot hold it. */
  readonly write: (text: string) => string | undefined;
}

/** Reads a text from its start. No slots: it is not of this form, or holds no credential. */
export type Form = (text: string, host: string) => readonly Slot[];

/** No form gives these characters a meaning. */
export const isPlain = (text: string): boolean => /^[\w.~-]+$/.test(text);

const place =
  "(?:spring|quarkus)?(?:db|database|datasource|jdbc|r2dbc|sql|pg|postgres(?:ql)?|redshift|mysql|mariadb|mongo(?:db)?|redis)?";
const role = new RegExp(`^(${place})(?:(user(?:name|id)?|uid|usr|login(?:name|id)?)|(?:password1?|passwd|pwd|psw))$`);

/**
 * What a key holds, in any case and with any of `_`, `.`, `-` and spaces in it, and which credential of several it
 * belongs to: `User Id`, `PGUSER` and `spring.datasource.username` are user names.
 */
export function roleOf(key: string): { readonly holds: Slot["holds"]; readonly credential: string } | undefined {
  const [, credential, user] = role.exec(key.toLowerCase().replace(/[\s_.-]/g, "")) ?? [];
  return credential === undefined ? undefined : { holds: user === undefined ? "password" : "user", credential };
}
