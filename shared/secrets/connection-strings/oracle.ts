import { type Form, isPlain, type Slot } from "./slot.ts";

const login = /^(jdbc:oracle:[a-z0-9]+:)?("[^"]*"|[^"/@\s]+)(?:\/("[^"]*"|[^"@\s]*))?@/i;

/** Oracle's `user/password@…`, alone or in a JDBC URL: what has other characters is quoted, and no quote can be written. */
export const oracle: Form = (text) => {
  const [, head = "", user = "", password] = login.exec(text) ?? [];
  if (user === "" || (head === "" && password === undefined)) return [];
  const slot = (holds: Slot["holds"], raw: string, start: number): Slot => ({
    holds,
    start,
    end: start + raw.length,
    readings: [raw.startsWith('"') ? raw.slice(1, -1) : raw],
    write: (next) => {
      if (isPlain(next) && !raw.startsWith('"')) return next;
      return next.includes('"') ? undefined : `"${next}"`;
    },
  });
  const inUser = slot("user", user, head.length);
  return password === undefined ? [inUser] : [inUser, slot("password", password, inUser.end + 1)];
};
