import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { SecretValue } from "../secrets/secret-value.ts";
import { type Reply, refusal } from "./reply.ts";

/** AWS's agent takes the token in either. */
const tokenHeaders = ["x-aws-parameters-secrets-token", "x-vault-token"] as const;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** Who may not go on, and why: what reaches loopback through somebody's server or browser is turned away. */
export interface Gate {
  /** For every request. A browser that was led here by a name of the attacker's says that name. */
  host(request: IncomingMessage): Reply | undefined;
  /** For those that ask for a secret. */
  caller(request: IncomingMessage): Reply | undefined;
}

export function gate(options: { readonly token: SecretValue; readonly allowedHosts: readonly string[] }): Gate {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const expected = digest(options.token.reveal());
  /** In a time that depends on neither what is right in the text nor how long the token is. */
  const isToken = (text: string): boolean => timingSafeEqual(digest(text), expected);
  const allowed = new Set(options.allowedHosts.map((host) => host.toLowerCase()));

  return {
    host({ headers: { host = "" } }) {
      const name = host.replace(/:\d+$/, "").toLowerCase();
      return loopback.test(name) || allowed.has(name) ? undefined : refusal(403, "Bad Host", "bad-host");
    },
    caller({ headers }) {
      if (headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined)
        return refusal(400, "Forwarded", "forwarded");
      const isKnown = tokenHeaders.some((name) => {
        const token = headers[name];
        return typeof token === "string" && isToken(token);
      });
      return isKnown ? undefined : refusal(403, "Bad Token", "bad-token");
    },
  };
}
