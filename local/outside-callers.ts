import type { IncomingMessage, ServerResponse } from "node:http";
import { RekeyError } from "../shared/errors/rekey-error.ts";

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Vault sends a login's request on as it was signed, for AWS's own name; nobody else can lead that name here. */
const sts = /^sts(?:\.[a-z0-9-]+)?\.amazonaws\.com$/;
const hostForm = /^(?<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?<port>\d{1,5}))?$/;

/** Errors: `option-invalid`. */
export function allowedHosts(hosts: readonly string[]): ReadonlySet<string> {
  const wrong = hosts.find((host) => !hostForm.test(host.toLowerCase()));
  if (wrong === undefined) return new Set(hosts.map((host) => host.toLowerCase()));
  throw new RekeyError("option-invalid", {
    context: { option: "allowedHosts", value: wrong },
    hint: "use a host name or an address, with a port or without",
  });
}

function isOurs(host: string, port: number, allowed: ReadonlySet<string>): boolean {
  const said = hostForm.exec(host.toLowerCase())?.groups;
  if (said === undefined) return false;
  const name = said["name"] ?? "";
  if (allowed.has(name) || allowed.has(host.toLowerCase()) || sts.test(name)) return true;
  return loopback.test(name) && (said["port"] === undefined ? port === 80 : Number(said["port"]) === port);
}

/** Why a web page's request is not answered: by its Host where DNS rebinding led it here, else by what browsers add. */
function problemOf(
  { headers, method }: IncomingMessage,
  port: number,
  allowed: ReadonlySet<string>,
): string | undefined {
  if (!isOurs(headers.host ?? "", port, allowed)) return "the Host is not one of this server; see --allow-host";
  if (headers.origin !== undefined || method === "OPTIONS") return "a web page may not call this server";
  if ((headers["sec-fetch-site"] ?? "none") !== "none") return "a web page may not call this server";
  return undefined;
}

/**
 * Turns away a request that a web page made the developer's browser send; no client of AWS or Vault sends one like it.
 * Returns whether it did.
 */
export function turnedAway(request: IncomingMessage, response: ServerResponse, allowed: ReadonlySet<string>): boolean {
  const message = problemOf(request, request.socket.localPort ?? 0, allowed);
  if (message === undefined) return false;
  const body = `${JSON.stringify({ __type: "AccessDeniedException", message, errors: [message] })}\n`;
  response.writeHead(403, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  });
  response.end(body);
  return true;
}
