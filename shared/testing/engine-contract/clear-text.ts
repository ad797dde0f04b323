const prefixLength = 12;

/** Which of these passwords stand in the text; one look at each place, however many passwords there are. */
export function findPasswords(text: string, passwords: readonly string[]): readonly string[] {
  const byPrefix = new Map(passwords.map((password) => [password.slice(0, prefixLength), password]));
  const found = new Set<string>();
  for (let at = 0; at + prefixLength <= text.length; at++) {
    const password = byPrefix.get(text.slice(at, at + prefixLength));
    if (password !== undefined && text.startsWith(password, at)) found.add(password);
  }
  return [...found];
}
