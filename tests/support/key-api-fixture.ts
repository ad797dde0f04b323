import type { ServerResponse } from "node:http";
import type { EngineServer, Exemption } from "../../shared/testing/engine-contract/fixture.ts";

/** An API of the tests that can be told to answer in another way. */
interface Interceptable<Request> {
  intercept: ((request: Request, answer: ServerResponse) => boolean) | undefined;
}

/** What every API that makes its keys itself is to the engine contract. */
export const keyApiServer = <Request>(
  api: Interceptable<Request>,
): Pick<EngineServer, "host" | "logs" | "hardships"> => ({
  host: "127.0.0.1",
  logs: async () => "an API's log is its own",
  hardships: {
    async busy() {
      api.intercept = (_request, answer) => Boolean(answer.writeHead(503).end());
      return {
        async [Symbol.asyncDispose]() {
          api.intercept = undefined;
        },
      };
    },
  },
});

/** Of every such API. */
export const keyApiExemptions: readonly Exemption[] = [
  {
    clause: "nothing-else-changed",
    reason: "an API shows nothing of an account but its keys, whose own tests count them",
  },
  { clause: "healthy", reason: "each request is a connection of its own, so there are more than two" },
  {
    clause: "clear-text",
    reason: "the API makes the keys and writes no log here; the engine's own tests look for them",
  },
  { clause: "locked", reason: "an API shows no locks" },
  { clause: "read-only", reason: "an API shows no replicas" },
  { clause: "expired", reason: "an expired key is answered like a wrong one" },
  { clause: "unknown-database", reason: "an API has no databases" },
  { clause: "at-once", reason: "two runs may each have a key made, and one ends the other's before it is stored" },
  { clause: "tampered", reason: "the API names the key, so another id in AWSPENDING cannot be told; the login tells" },
];
