import fc from "fast-check";
import { expect, test } from "vitest";
import { exchange, HttpFault } from "./exchange.ts";
import { altered, alteration } from "../../tests/support/altered-bytes.ts";
import { httpAnswer, startRogueHttp } from "../../tests/support/rogue-http.ts";
import { sampledRuns } from "../../tests/support/sampled.ts";

const chunked =
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n5\r\n[1,2,\r\n3;x=y\r\n3,4\r\n1\r\n]\r\n0\r\nx: y\r\n\r\n";
const early = `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${httpAnswer(200, "{}")}`;

test("whatever bytes of an honest answer are altered, a request ends in its time, as an answer or a fault", async () => {
  const answers = fc.constantFrom(httpAnswer(200, '{"keys":[{"id":"a"}]}'), httpAnswer(302, ""), chunked, early);
  await fc.assert(
    fc.asyncProperty(answers, alteration, async (honest, change) => {
      const server = await startRogueHttp(() => altered(Buffer.from(honest), change));
      try {
        const options = { method: "GET", headers: {}, timeoutMs: 300, maxAnswerBytes: 1_000 };
        const outcome: unknown = await exchange(`http://127.0.0.1:${server.port}/`, options).catch(
          (error: unknown) => error,
        );
        expect(outcome instanceof HttpFault ? outcome.failure : outcome).not.toBeInstanceOf(Error);
      } finally {
        await server.stop();
      }
    }),
    { seed: 20_261_130, numRuns: sampledRuns(150) },
  );
});
