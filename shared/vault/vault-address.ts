import { RekeyError } from "../errors/rekey-error.ts";

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);

/**
 * Where Vault is: https, or http on this very machine, as Vault's Lambda extension listens. A path is kept, for a Vault
 * behind a gateway. Errors: `option-invalid`.
 */
export function vaultEndpoint(address: string): string {
  const refuse = (problem: string): RekeyError =>
    new RekeyError("option-invalid", { context: { option: "address", problem }, hint: "use https://host:port" });
  if (!URL.canParse(address)) throw refuse("not a URL");
  const url = new URL(address);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw refuse("more than scheme, host, port and path");
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw refuse("not https");
  }
  return url.href.replace(/\/+$/, "");
}
