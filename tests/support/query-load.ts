/** Callers that ask all the time, each the next query as soon as it has an answer. */
export interface QueryLoad {
  readonly failures: readonly unknown[];
  readonly queries: () => number;
  /** Resolves once every query under way has its answer. */
  stop(): Promise<void>;
}

/** Many more than a test needs to fail; without an end, queries that fail at once would leave no time for anything else. */
const mostFailures = 1_000;

export function queryAllTheTime(query: () => Promise<unknown>, callers: number): QueryLoad {
  const failures: unknown[] = [];
  let queries = 0;
  let running = true;
  const worker = async (): Promise<void> => {
    while (running && failures.length < mostFailures) {
      await query().catch((error: unknown) => failures.push(error));
      queries++;
    }
  };
  const workers = Array.from({ length: callers }, worker);
  return {
    failures,
    queries: () => queries,
    async stop() {
      running = false;
      await Promise.all(workers);
    },
  };
}
