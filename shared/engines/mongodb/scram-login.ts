import { type AuthContext, type AuthProvider, ScramSHA1, ScramSHA256 } from "mongodb/lib/cmap/auth/scram.js";
import { RekeyError } from "../../errors/rekey-error.ts";
import { maxScramIterations, minScramIterations } from "../connecting/limits.ts";

const misbehaved = (problem: string): RekeyError =>
  new RekeyError("server-misbehaved", { context: { operation: "log in", problem } });

function textIn(payload: unknown): string {
  const bytes: unknown = payload instanceof Uint8Array ? payload : Object(payload)["buffer"];
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("utf8") : "";
}

/** The server's first message, before any hash is computed: the driver bounds neither the count nor looks for its own nonce. */
function checkFirstMessage(answer: unknown, nonce: Uint8Array): void {
  const [, echoed, iterations] =
    /^r=([\x21-\x2b\x2d-\x7e]+),s=[A-Za-z0-9+/]+={0,2},i=([1-9]\d*)(?:,|$)/.exec(textIn(Object(answer)["payload"])) ??
    [];
  if (echoed === undefined) throw misbehaved("a login that is not SCRAM's");
  const own = Buffer.from(nonce).toString("base64");
  if (!echoed.startsWith(own) || echoed === own) throw misbehaved("another login's nonce");
  if (Number(iterations) < minScramIterations || Number(iterations) > maxScramIterations) {
    throw misbehaved(`a login of fewer than ${minScramIterations} or more than ${maxScramIterations} hash rounds`);
  }
}

function checked(provider: AuthProvider, finished: () => void): AuthProvider {
  return {
    prepare: async (handshake, context) => provider.prepare(handshake, context),
    async auth({ credentials, nonce = new Uint8Array(), response, reauthenticating, connection }) {
      if (response?.["speculativeAuthenticate"]) checkFirstMessage(response["speculativeAuthenticate"], nonce);
      const guarded: AuthContext["connection"] = {
        async command(namespace, command, options) {
          const answer = await connection.command(namespace, command, options);
          if ("saslStart" in command) checkFirstMessage(answer, nonce);
          return answer;
        },
      };
      await provider.auth({ credentials, nonce, response, reauthenticating, connection: guarded });
      finished();
    },
  };
}

/** The driver's SCRAM for one connection, and whether a server has proved in it that it holds the user's verifier. */
export function scramLogin(): {
  readonly isProved: () => boolean;
  readonly providers: { readonly getOrCreateProvider: (mechanism: string) => AuthProvider | undefined };
} {
  let isProved = false;
  const finished = (): void => void (isProved = true);
  const mechanisms = new Map([
    ["SCRAM-SHA-1", checked(new ScramSHA1(), finished)],
    ["SCRAM-SHA-256", checked(new ScramSHA256(), finished)],
  ]);
  return { isProved: () => isProved, providers: { getOrCreateProvider: (mechanism) => mechanisms.get(mechanism) } };
}
