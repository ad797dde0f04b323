import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { SecretValue } from "../secrets/secret-value.ts";
import { type Reply, refusal } from "./reply.ts";

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** Without its port and the dot that ends a full name. */
const hostNameOf = (host: string): string => host.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();

/** Who may not go on, and why: what reaches loopback through somebody's server or browser is turned away. */
export interface Gate {
  /**
   * For every request. A browser that was led here by a name of the attacker's gives that name. `authority` is that of an
   * absolute target.
   */
  host(request: IncomingMessage, authority?: string): Reply | undefined;
  /** For those that ask for a secret. */
  caller(request: IncomingMessage): Reply | undefined;
}

export function gate(options: {
  readonly token: SecretValue;
  /** Any of them may hold the token. */
  readonly tokenHeaders: readonly string[];
  readonly allowedHosts: readonly string[];
}): Gate {
  const tokenHeaders = options.tokenHeaders.map((name) => name.toLowerCase());
  const digest = (text: string): Buffer => hash("sha256", text, "buffer");
  const expected = digest(options.token.reveal());
  /** In a time that depends on neither what is right in the text nor how long the token is. */
  const isToken = (text: string): boolean => timingSafeEqual(digest(text), expected);
  const allowed = new Set(options.allowedHosts.map(hostNameOf));
  const isOwn = (host: string): boolean => loopback.test(hostNameOf(host)) || allowed.has(hostNameOf(host));

  return {
    host({ headers: { host }, httpVersion }, authority) {
      const names = [host, authority].filter((name) => name !== undefined);
      // HTTP 1.0 has no Host, and no browser speaks it.
      const isNameless = names.length === 0 && httpVersion === "1.0";
      if (isNameless || (names.length > 0 && names.every(isOwn))) return undefined;
      return refusal(403, "Bad Host", "bad-host");
    },
    caller(request) {
      const { headers } = request;
      if (headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined)
        return refusal(400, "Forwarded", "forwarded");
      const isIn = (name: string): boolean => {
        const found = headers[name];
        // Of a header that was sent several times, all values are there in one.
        return found !== undefined && (isToken(String(found)) || request.headersDistinct[name]?.some(isToken) === true);
      };
      const isKnown = tokenHeaders.some(isIn);
      return isKnown ? undefined : refusal(403, "Bad Token", "bad-token");
    },
  };
}
