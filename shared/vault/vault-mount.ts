import { checkedPath } from "./vault-path.ts";

/** Without the slashes and the API's prefix that documentation and tools put around it. */
const bare = (path: string): string =>
  path
    .trim()
    .replace(/^\/+|\/+$/g, "")
    .replace(/^v1\/+/, "");

/**
 * Where KV version 2 is mounted, in any common spelling: `secret`, `/secret/`, `v1/secret`, `secret/data`. Errors:
 * `option-invalid`, naming the option.
 */
export const kvMount = (option: string, mount: string): string =>
  checkedPath(option, bare(mount).replace(/\/+(?:data|metadata)$/, ""));

/** Where the database engine is mounted: `database`, `/database/`, `database/creds`. Errors: `option-invalid`. */
export const databaseMount = (option: string, mount: string): string =>
  checkedPath(option, bare(mount).replace(/\/+(?:creds|static-creds|roles)$/, ""));

/** Where an auth method is mounted: `approle`, `/approle/`, `auth/approle`, `auth/approle/login`. Errors: `option-invalid`. */
export const authMount = (option: string, mount: string): string =>
  checkedPath(
    option,
    bare(mount)
      .replace(/^auth\/+/, "")
      .replace(/\/+login$/, ""),
  );

/** A namespace: `team`, `team/`, `/team/child/`; `undefined` for the root's. Errors: `option-invalid`. */
export function vaultNamespace(option: string, namespace: string | undefined): string | undefined {
  const path = namespace?.trim().replace(/^\/+|\/+$/g, "");
  return path === undefined || path === "" || path === "root" ? undefined : checkedPath(option, path);
}
