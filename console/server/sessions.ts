import { createHash, randomBytes } from "node:crypto";

export interface Session {
  /** The browser's cookie. */
  readonly cookie: string;
  /** What its page shows with each change: a cookie goes to every port of a host, and the page's memory to none but its own. */
  readonly key: string;
}

export interface Sessions {
  /** For one address that is opened once, in the next ten minutes. */
  newToken(): string;
  /** `undefined`: never given out, used before, or too old. */
  open(token: string): Session | undefined;
  /** Whether a cookie may look around. */
  mayRead(cookie: string | undefined): boolean;
  /** Whether a cookie and a key may change something. */
  mayChange(cookie: string | undefined, key: string | undefined): boolean;
}

const tokenLastsMs = 600_000;
/** A day's work; then the terminal gives a new address. */
const sessionLastsMs = 12 * 3_600_000;

const secret = (): string => randomBytes(32).toString("base64url");
/** What is looked up is a digest, so that the time of a look says nothing of the text. */
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Who has opened the console. Only digests are kept. */
export function sessions(nowMs: () => number = Date.now): Sessions {
  const tokens = new Map<string, { readonly endsMs: number }>();
  const opened = new Map<string, { readonly key: string; readonly endsMs: number }>();

  const sessionOf = (cookie: string | undefined) => {
    const session = cookie === undefined ? undefined : opened.get(digest(cookie));
    return session !== undefined && nowMs() < session.endsMs ? session : undefined;
  };

  return {
    newToken() {
      const token = secret();
      tokens.set(digest(token), { endsMs: nowMs() + tokenLastsMs });
      return token;
    },
    open(token) {
      const id = digest(token);
      const issued = tokens.get(id);
      tokens.delete(id);
      if (issued === undefined || nowMs() >= issued.endsMs) return undefined;
      const session = { cookie: secret(), key: secret() };
      opened.set(digest(session.cookie), { key: digest(session.key), endsMs: nowMs() + sessionLastsMs });
      return session;
    },
    mayRead: (cookie) => sessionOf(cookie) !== undefined,
    mayChange(cookie, key) {
      const session = sessionOf(cookie);
      return session !== undefined && key !== undefined && session.key === digest(key);
    },
  };
}
