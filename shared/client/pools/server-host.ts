import { RekeyError } from "../../errors/rekey-error.ts";
import type { LoginSecret } from "../../secrets/database-secret.ts";

/** The host that the caller gives, or else the secret. `option`: where the caller gives it. Errors: `secret-malformed`. */
export function serverHost({ host }: LoginSecret, given: string | undefined, option: string): string {
  const found = given ?? host;
  if (found !== undefined) return found;
  throw new RekeyError("secret-malformed", {
    context: { field: "host", problem: "missing" },
    hint: `add "host" to the secret's JSON, or give it as ${option}`,
  });
}
