import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../../tests/support/listening.ts";
import { exchange } from "./exchange.ts";

test.each([
  ["a form", { form: { a: "x&b=y", "c d": "ü+" } }, "application/x-www-form-urlencoded", "a=x%26b%3Dy&c+d=%C3%BC%2B"],
  ["JSON", { json: { a: 1 } }, "application/json", '{"a":1}'],
  ["nothing", {}, undefined, ""],
])("%s is sent as what it is", async (_what, body, type, sent) => {
  const seen: unknown[] = [];
  const server = createServer((request, answer) => {
    void text(request).then((got) => {
      seen.push(request.headers["content-type"], got);
      answer.end("{}");
    });
  });
  const { port, stop } = await listening(server);
  onTestFinished(stop);
  const options = { method: "POST", headers: {}, timeoutMs: 60_000, maxAnswerBytes: 1_000, ...body };
  expect(await exchange(`http://127.0.0.1:${port}/`, options)).toMatchObject({ status: 200, body: {} });
  expect(seen).toEqual([type, sent]);
});
