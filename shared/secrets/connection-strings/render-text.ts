import { type Credential, edited, replacement } from "./credential.ts";
import { goDsn } from "./go-dsn.ts";
import { keyValues } from "./key-values.ts";
import { keywords } from "./keywords.ts";
import { oracle } from "./oracle.ts";
import type { Form } from "./slot.ts";
import { holdsPassword } from "./traces.ts";
import { url } from "./url.ts";

const forms: readonly Form[] = [oracle, keyValues, keywords, goDsn, url];

/** A credential, and what else its secret says of the server. */
export interface PlacedCredential extends Credential {
  readonly engine: string;
  readonly host: string;
  readonly dbname: string | undefined;
}

type RenderedText = { readonly text: string } | { readonly problem: string };

const isNamed = (text: string, name: string): boolean => text.split(/[^\p{L}\p{N}_-]+/u).includes(name);

/** Found in a text, such a password shows nothing: it is there as a name. */
const isName = ({ engine, host, dbname, username, password }: PlacedCredential): boolean =>
  [engine, host, dbname, username].includes(password.reveal());

/**
 * A connection string with the next credential in place of the old one, and any other text as it is. The problem, where it
 * holds the old password otherwise, or would hold the old user name next to the new password.
 */
export function renderText(text: string, old: PlacedCredential, next: Credential): RenderedText {
  let rendered = text;
  let kept = text;
  for (const form of forms) {
    const replaced = replacement(form(text, old.host), old, next);
    if (replaced === undefined) continue;
    if ("problem" in replaced) return replaced;
    const { slots, edits } = replaced;
    rendered = edited(text, edits);
    kept = edited(
      text,
      slots.map(({ start, end }) => ({ start, end, text: "" })),
    );
    const hasUser = slots.some(({ holds }) => holds === "user");
    if (next.username !== old.username && !hasUser && isNamed(kept, old.username)) {
      return { problem: "holds the user name in a form rekey cannot render" };
    }
    break;
  }
  const isStale = !next.password.equals(old.password) && !isName(old) && holdsPassword(kept, old);
  return isStale ? { problem: "holds the password in a form rekey cannot render" } : { text: rendered };
}
