import { RekeyError } from "../../errors/reading-error.ts";
import type { SecretSource, SourceAnswer, SourceCall } from "./secret-source.ts";

export interface FailoverOptions {
  /** The primary region first, then its replicas in the order in which they are asked. */
  readonly sources: readonly [SecretSource, ...SecretSource[]];
  /** How long a source may be silent before the next one is asked beside it. 400. */
  readonly hedgeAfterMs?: number;
}

/** An answer that another region would not give otherwise: it is about the secret, not about the region. */
const isFinal = (error: unknown): boolean =>
  error instanceof RekeyError && (error.code === "secret-not-found" || error.code === "option-invalid");

const canReadMany = (source: SecretSource): source is Required<SecretSource> => source.readMany !== undefined;
const isAnswer = (one: SourceAnswer | RekeyError | undefined): one is SourceAnswer =>
  one !== undefined && !(one instanceof RekeyError);
const fromReplica = (answer: SourceAnswer): SourceAnswer => ({ ...answer, fromReplica: true });

/**
 * Asks the next region as soon as one fails, and beside it when one is silent; the first answer wins and the others are
 * given up. A replica's answer says that it is one, so that a value older than a known one is not taken for a roll-back.
 * Errors: the primary's.
 *
 * @example
 * ```ts
 * import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
 * import { failoverSource } from "rekey/client";
 * import { secretsManagerSource } from "rekey/client/secrets-manager";
 *
 * const inRegion = (region: string) => secretsManagerSource(new SecretsManagerClient({ region }));
 * const source = failoverSource({ sources: [inRegion("eu-central-1"), inRegion("eu-west-1")], hedgeAfterMs: 300 });
 * ```
 */
export function failoverSource({ sources, hedgeAfterMs = 400 }: FailoverOptions): SecretSource {
  async function ask<Source, Answer>(
    sources: readonly Source[],
    { signal }: SourceCall,
    work: (source: Source, call: SourceCall) => Promise<Answer>,
    ofReplica: (answer: Answer) => Answer,
  ): Promise<Answer> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    signal.addEventListener("abort", end);
    const errors: unknown[] = [];
    let asked = 0;
    let open = 0;
    let timer: NodeJS.Timeout | undefined;

    function askNext(resolve: (answer: Answer) => void, reject: (error: unknown) => void): void {
      clearTimeout(timer);
      const index = asked++;
      const source = sources[index];
      if (source === undefined || ending.signal.aborted) return;
      open++;
      if (asked < sources.length) timer = setTimeout(askNext, hedgeAfterMs, resolve, reject).unref();
      work(source, { signal: ending.signal })
        .then((answer) => (index === 0 ? answer : ofReplica(answer)))
        .then(resolve, (error: unknown) => {
          open--;
          errors[index] = error;
          if (isFinal(error) && index === 0) reject(error);
          else if (asked < sources.length) askNext(resolve, reject);
          else if (open === 0) reject(errors[0]);
        });
    }

    try {
      return await new Promise(askNext);
    } finally {
      clearTimeout(timer);
      end();
      signal.removeEventListener("abort", end);
    }
  }

  const read: SecretSource["read"] = async (secretId, at, call) =>
    ask(
      sources,
      call,
      async (source, each) => source.read(secretId, at, each),
      (answer) => (answer === undefined ? undefined : fromReplica(answer)),
    );
  if (!sources.every(canReadMany)) return { read };
  return {
    read,
    readMany: async (secretIds, call) =>
      ask(
        sources,
        call,
        async (source, each) => source.readMany(secretIds, each),
        (answers) => new Map([...answers].map(([id, one]) => [id, isAnswer(one) ? fromReplica(one) : one])),
      ),
  };
}
