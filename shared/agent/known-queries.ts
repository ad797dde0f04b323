import type { Reply } from "./reply.ts";
import { type SecretQuery, secretQuery } from "./secret-query.ts";

const mostKnown = 1_024;
const longestKept = 512;

/** What requests ask for, each address read once: callers ask for the same few secrets again and again. */
export function knownQueries(pathPrefix: string): {
  of(target: string): SecretQuery | Reply | undefined;
} {
  const known = new Map<string, SecretQuery>();
  return {
    of(target) {
      const before = known.get(target);
      if (before !== undefined) return before;
      const query = secretQuery(target, pathPrefix);
      if (query === undefined || "status" in query || target.length > longestKept) return query;
      if (known.size >= mostKnown) known.clear();
      known.set(target, query);
      return query;
    },
  };
}
