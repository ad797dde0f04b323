import { expect, onTestFinished, test } from "vitest";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { endless, httpAnswer, type HttpLie, startRogueHttp } from "../../support/rogue-http.ts";

const misbehaved = endedWith("server-misbehaved");

async function stepAgainst(
  lie: (requestLine: string) => HttpLie,
): Promise<StepEnd & { readonly requests: readonly string[] }> {
  const { port, stop, requests } = await startRogueHttp(lie);
  onTestFinished(stop);
  return { ...(await hostileStep({ engine: "http-api-key", port })), requests };
}
const first = { requests: ["GET /keys HTTP/1.1"] };

test("headers without an end are cut off and not asked for again", async () => {
  const lie = endless(`x-filler: ${"x".repeat(1_000)}\r\n`, "HTTP/1.1 200 OK\r\n");
  expect(await stepAgainst(() => lie)).toEqual({ ...misbehaved, ...first });
});

test("a body without an end is cut off", async () => {
  const lie = endless(Buffer.alloc(65_536, " "), "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
  expect(await stepAgainst(() => lie)).toEqual({ ...misbehaved, ...first });
});

test("what is not HTTP at all is not taken for a connection that was cut, which would be tried again", async () => {
  expect(await stepAgainst(() => "220 mail.example.com ESMTP\r\n")).toEqual({ ...misbehaved, ...first });
});

test("two lengths in one answer are refused", async () => {
  const lie = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 11\r\n\r\n{"keys":[]}';
  expect(await stepAgainst(() => lie)).toEqual({ ...misbehaved, ...first });
});

test("a list of 40,000 keys does not make the step send 40,000 requests", async () => {
  const keys = Array.from({ length: 40_000 }, (_, index) => ({ id: `k${index}` }));
  const step = await stepAgainst((line) => httpAnswer(line.startsWith("GET") ? 200 : 204, JSON.stringify({ keys })));
  expect(step).toEqual({ ...misbehaved, ...first });
});
