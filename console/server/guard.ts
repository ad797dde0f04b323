import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";
import { problem } from "./problem.ts";
import type { Sessions } from "./sessions.ts";

/** Cookies know no ports, so each console's has a name of its own. */
export const cookieName = (port: number): string => `rekey-console-${port}`;

const refused = {
  code: "request-refused",
  hint: "open the console at the address that `rekey console` printed",
} as const;

/** Scripts, styles and requests of the console's own files, and of nothing else; no frame, no form, no base. */
export const headers = (): MiddlewareHandler =>
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
    crossOriginEmbedderPolicy: "require-corp",
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
    strictTransportSecurity: false,
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
  });

/** Nothing is kept in a cache on the disk. */
export const noStore: MiddlewareHandler = async (context, next) => {
  await next();
  context.header("Cache-Control", "no-store");
};

/** Against DNS rebinding: a browser that reached loopback by a foreign name sends that name as the Host. */
export function ownHost(hosts: () => readonly string[]): MiddlewareHandler {
  return async (context, next) => {
    if (!hosts().includes(context.req.header("host") ?? "")) {
      return problem(context, 421, { ...refused, message: "request-refused: the Host is not this console's" });
    }
    return next();
  };
}

/** A page from elsewhere may neither read nor change anything, whatever cookie its browser adds. */
export function ownOrigin(): MiddlewareHandler {
  return async (context, next) => {
    const site = context.req.header("sec-fetch-site");
    const origin = context.req.header("origin");
    const isOwn = origin === `http://${context.req.header("host") ?? ""}`;
    const isChange = context.req.method !== "GET";
    if ((site !== undefined && site !== "same-origin") || (origin !== undefined && !isOwn) || (isChange && !isOwn)) {
      return problem(context, 403, { ...refused, message: "request-refused: it comes from another page" });
    }
    if (isChange && context.req.header("content-type") !== "application/json") {
      return problem(context, 415, { ...refused, message: "request-refused: it is not JSON" });
    }
    return next();
  };
}

export const sessionRequired = (context: Context, why: string): Response =>
  problem(context, 401, {
    code: "session-required",
    message: `session-required: ${why}`,
    hint: "press Enter where `rekey console` runs, and open the address that it prints",
  });

/** Whoever reads shows the cookie, whoever changes something the key besides. */
export function signedIn(sessions: Sessions, port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const cookie = getCookie(context, cookieName(port()));
    const key = context.req.header("x-rekey-key");
    const may = context.req.method === "GET" ? sessions.mayRead(cookie) : sessions.mayChange(cookie, key);
    if (may) return next();
    return sessionRequired(context, "this console was not opened with its one-time address, or the session has ended");
  };
}
