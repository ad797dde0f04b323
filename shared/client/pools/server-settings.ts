import type { LoginSecret } from "../../secrets/database-secret.ts";
import { RekeyError } from "../../errors/rekey-error.ts";

/** The host that the caller gives, or else the secret. `option`: where the caller gives it. Errors: `secret-malformed`. */
export function serverHost({ host }: LoginSecret, given: string | undefined, option: string): string {
  const found = given ?? host;
  if (found !== undefined) return found;
  throw new RekeyError("secret-malformed", {
    context: { field: "host", problem: "missing" },
    hint: `add "host" to the secret's JSON, or give it as ${option}`,
  });
}

export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly checkServerIdentity?: () => undefined;
}

/** Node's options for what the secret says of TLS; `undefined`: none is wanted. */
export const tlsOptions = ({
  tlsMode = "verify-full",
  tlsCa,
}: Pick<LoginSecret, "tlsMode" | "tlsCa">): TlsOptions | undefined =>
  tlsMode === "disable"
    ? undefined
    : {
        rejectUnauthorized: tlsMode !== "require",
        ...(tlsCa === undefined ? {} : { ca: tlsCa }),
        ...(tlsMode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
      };
