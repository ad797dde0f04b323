import { RekeyError } from "../../errors/rekey-error.ts";
import type { FollowedSecret } from "./rotating-options.ts";

/** After a failure it is said again with the next connection, but not before this. */
const pauseMs = 5_000;

export interface Acknowledging {
  /** This version is the only one in use. It is told once, and only when it is AWSCURRENT. */
  alone(versionId: string): void;
}

export function acknowledging({ client, secretId, acknowledge }: FollowedSecret): Acknowledging {
  let told: string | undefined;
  let notBeforeMs = 0;
  return {
    alone(versionId) {
      if (acknowledge === undefined || told === versionId || performance.now() < notBeforeMs) return;
      // A credential from AWSPENDING may still be rolled back.
      if (client.peek(secretId)?.versionId !== versionId) return;
      told = versionId;
      (async () => acknowledge({ secretId, versionId }))().catch((error: unknown) => {
        if (told === versionId) told = undefined;
        notBeforeMs = performance.now() + pauseMs;
        if (error instanceof RekeyError) client.report({ secretId, error });
      });
    },
  };
}
