/** A user of MySQL or MariaDB is a name and the hosts that it may come from. */
export interface Account {
  readonly user: string;
  readonly host: string;
}

/** `user@host`, as `CURRENT_USER()` says it; a user's name may hold an @, a host may not. */
export function parseAccount(text: string): Account {
  const at = text.lastIndexOf("@");
  return { user: text.slice(0, at), host: text.slice(at + 1) };
}

export const quoteName = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/** A string literal under the sql_mode NO_BACKSLASH_ESCAPES, which `oneAtATime` sets. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const quoteAccount = ({ user, host }: Account): string => `${quoteName(user)}@${quoteName(host)}`;

export const isSame = (one: Account, other: Account): boolean => one.user === other.user && one.host === other.host;
