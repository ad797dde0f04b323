import { createHash } from "node:crypto";
import type { SecretValue } from "../../secrets/secret-value.ts";

/** What the server stores under `mysql_native_password`: `*` and SHA1(SHA1(password)) in upper-case hex. */
export function nativeHash(password: SecretValue): string {
  const once = createHash("sha1").update(password.reveal()).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}
