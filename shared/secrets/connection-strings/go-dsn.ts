import type { Form } from "./slot.ts";

/** Go's `user:password@tcp(host)/db` for MySQL and MariaDB, as its driver reads it: nothing in it is escaped. */
export const goDsn: Form = (text) => {
  const slash = text.lastIndexOf("/");
  const at = text.lastIndexOf("@", slash);
  if (at < 1 || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return [];
  if (!/^(?:[a-z0-9+-]+\([^]*\)|tcp|unix|)$/i.test(text.slice(at + 1, slash))) return [];
  const colon = text.slice(0, at).indexOf(":");
  const user = {
    holds: "user",
    start: 0,
    end: colon === -1 ? at : colon,
    readings: [text.slice(0, colon === -1 ? at : colon)],
    write: (next: string) => (next.includes(":") ? undefined : next),
  } as const;
  if (colon === -1) return [user];
  const readings = [text.slice(colon + 1, at)];
  return [user, { holds: "password", start: colon + 1, end: at, readings, write: (next) => next }];
};
