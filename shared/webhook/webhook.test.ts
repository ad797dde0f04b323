import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { SecretValue } from "../secrets/secret-value.ts";
import { postWebhook, webhookAddress } from "./post-webhook.ts";
import { signature } from "./signature.ts";
import { verifyWebhook } from "./verify-webhook.ts";

const call = { signal: AbortSignal.timeout(20_000) };
const now = Date.parse("2026-01-02T03:04:05.678Z");
const key = new SecretValue("a key of enough bytes");
const other = new SecretValue("another key of enough bytes");
const body = JSON.stringify({ id: "e1", "detail-type": "Secret Rotated", detail: { versionId: "canary" } });
const signed = (keys = [key], nowMs = now) => ({ body, signature: signature(body, keys, nowMs) });
const rejection = (problem: string) =>
  expect.objectContaining({
    code: "webhook-rejected",
    context: { problem },
    message: expect.not.stringContaining("canary"),
  });

interface Receiver {
  readonly address: URL;
  readonly requests: { readonly body: string; readonly signature: string | undefined }[];
}
async function receive(answer: {
  readonly status: number;
  readonly headers?: Record<string, string>;
}): Promise<Receiver> {
  const requests: Receiver["requests"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const header = request.headers["rekey-signature"];
      requests.push({
        body: Buffer.concat(chunks).toString(),
        signature: typeof header === "string" ? header : undefined,
      });
      response.writeHead(answer.status, answer.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`), requests };
}

test("what is posted is what a receiver verifies, with the current key or the one before it", async () => {
  const { address, requests } = await receive({ status: 204 });
  await postWebhook({ address, keys: [key, other], nowMs: now }, body, call);
  for (const known of [key, other]) {
    expect(verifyWebhook(requests[0] ?? signed(), { keys: [known], nowMs: now })).toEqual({
      id: "e1",
      detailType: "Secret Rotated",
      detail: { versionId: "canary" },
    });
  }
});

test.each([
  ["another key", { ...signed([other]) }, "signed with another key"],
  ["another body", { ...signed(), body: `${body} ` }, "signed with another key"],
  [
    "a later time than the signed one",
    { ...signed(), signature: signed().signature.replace(/^t=\d+/, "t=1767323999") },
    "signed with another key",
  ],
  ["no header", { body, signature: undefined }, "no signature"],
  ["a header without a time", { body, signature: signed().signature.replace(/^t=\d+,/, "") }, "no signature"],
  ["a signature that is cut", { body, signature: signed().signature.slice(0, -1) }, "signed with another key"],
])("a request with %s is rejected", (_what, request, problem) => {
  expect(() => verifyWebhook(request, { keys: [key], nowMs: now })).toThrow(rejection(problem));
});

test("a request is good for five minutes, in either direction", () => {
  for (const awayMs of [-299_000, 299_000]) {
    expect(verifyWebhook(signed(), { keys: [key], nowMs: now + awayMs }).id).toBe("e1");
  }
  for (const awayMs of [-302_000, 302_000]) {
    expect(() => verifyWebhook(signed(), { keys: [key], nowMs: now + awayMs })).toThrow(
      rejection("too old, or from the future"),
    );
  }
});

test("a signed body that is no JSON is rejected without being shown, and a short key is refused", () => {
  const text = "canary {";
  const request = { body: text, signature: signature(text, [key], now) };
  expect(() => verifyWebhook(request, { keys: [key], nowMs: now })).toThrow(rejection("not JSON"));
  const short = new SecretValue("short");
  expect(() => signature(body, [short], now)).toThrow(expect.objectContaining({ code: "option-invalid" }));
  expect(() => verifyWebhook(signed(), { keys: [short], nowMs: now })).toThrow("option-invalid");
});

test("a redirect is not followed, and any answer but a good one comes again", async () => {
  const elsewhere = await receive({ status: 200 });
  const moved = await receive({ status: 307, headers: { location: elsewhere.address.href } });
  const failing = await receive({ status: 500 });
  for (const { address } of [moved, failing]) {
    await expect(postWebhook({ address, keys: [key], nowMs: now }, body, call)).rejects.toMatchObject({
      code: "webhook-unavailable",
    });
  }
  expect(elsewhere.requests).toEqual([]);
  const closed = { address: new URL("http://127.0.0.1:1/"), keys: [key], nowMs: now };
  await expect(postWebhook(closed, body, call)).rejects.toMatchObject({ code: "webhook-unavailable" });
  await expect(postWebhook(closed, body, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "time-budget-spent",
  });
});

test.each(["http://example.com/", "https://user:pass@example.com/", "ftp://example.com/", "nonsense"])(
  "the address %s is refused",
  (text) => {
    expect(() => webhookAddress(text)).toThrow(expect.objectContaining({ code: "option-invalid" }));
  },
);

test("https anywhere and http on loopback are taken", () => {
  expect(webhookAddress("https://example.com/hook").host).toBe("example.com");
  expect(webhookAddress("http://127.0.0.1:8080/").port).toBe("8080");
});
