import type { LoginSecret } from "../../secrets/database-secret.ts";

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
