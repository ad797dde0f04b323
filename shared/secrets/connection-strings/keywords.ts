import { type Form, isPlain, roleOf, type Slot } from "./slot.ts";

const pair = /\s*([a-z_][\w.]*)\s*=\s*('(?:[^'\\]|\\[^])*'(?=\s|$)|"(?:[^"\\]|\\[^])*"(?=\s|$)|(?:[^\s\\]|\\[^])*)/iy;

/** libpq's `host=… user=… password='…'`, in which a backslash keeps the next character. */
export const keywords: Form = (text) => {
  const slots: Slot[] = [];
  const isOneLine = !/[\r\n]/.test(text);
  const length = text.trimEnd().length;
  for (let at = 0; at < length;) {
    pair.lastIndex = at;
    const [whole = "", key = "", raw = ""] = pair.exec(text) ?? [];
    if (whole === "") return [];
    at += whole.length;
    const held = roleOf(key);
    if (held === undefined) continue;
    const quote = /^['"]/.exec(raw)?.[0] ?? "";
    const isQuoted = quote !== "" && raw.length > 1 && raw.endsWith(quote);
    const unescaped = (isQuoted ? raw.slice(1, -1) : raw).replace(/\\([^])/g, "$1");
    const mark = isQuoted ? quote : "'";
    slots.push({
      holds: held.holds,
      start: at - raw.length,
      end: at,
      readings: [unescaped, raw],
      // Of several lines, a driver may not be the reader, and another one may take the quotes for text.
      write: (next) => {
        if (isPlain(next)) return next;
        return isOneLine ? `${mark}${next.replace(/[\\'"]/g, (each) => `\\${each}`)}${mark}` : undefined;
      },
    });
  }
  return slots;
};
