import { RekeyError } from "../../errors/reading-error.ts";
import { checkedAnswer, malformed } from "./checked-answer.ts";
import type { CachedSecret } from "./cached-secret.ts";
import type { InFlightRequests } from "./in-flight-requests.ts";
import type { Request } from "./bounded-request.ts";
import { readManyLimit, type SecretSource } from "../sources/secret-source.ts";

/** Asks for many secrets with as few requests as the source can do. What fails is left to the read that needs it. */
export async function prefetch(
  secretIds: readonly string[],
  options: {
    readonly entryOf: (secretId: string) => CachedSecret;
    readonly source: SecretSource;
    readonly request: Request;
    readonly inFlightRequests: Pick<InFlightRequests, "join" | "request">;
    readonly closing: AbortSignal;
  },
): Promise<void> {
  const { entryOf, source, request, inFlightRequests, closing } = options;
  const readMany = typeof source.readMany === "function" ? source.readMany.bind(source) : undefined;
  const missing = secretIds.filter((secretId) => entryOf(secretId).requestState?.inFlight === undefined);
  for (let first = 0; first < missing.length; first += readManyLimit) {
    const ids = missing.slice(first, first + readManyLimit);
    const answers =
      readMany === undefined
        ? undefined
        : request(
            ids.length === 1 ? (ids[0] ?? "") : `${ids.length} secrets`,
            async (call) => readMany(ids, call),
            closing,
          );
    // Nobody may be left to wait for it: others have asked for the same meanwhile.
    answers?.catch(() => undefined);
    const joined = ids
      .map((secretId) => entryOf(secretId))
      .map((entry) =>
        answers === undefined
          ? inFlightRequests.request(entry)
          : inFlightRequests.join(entry, async () => {
              const all: unknown = await answers;
              if (!(all instanceof Map)) throw malformed(entry.secretId, "readMany gave no Map");
              const answer: unknown = all.get(entry.secretId);
              if (answer instanceof RekeyError) throw answer;
              return checkedAnswer(entry.secretId, answer);
            }),
      );
    await Promise.allSettled(joined);
  }
}
