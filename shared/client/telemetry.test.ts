import {
  type Attributes,
  type Meter,
  metrics,
  type ObservableCallback,
  type Span,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { fakeSecretClient } from "../testing/fake-secret-client.ts";

/** What an SDK would be told, put down. */
const callbacks = new Map<string, Set<ObservableCallback>>();
const recorded: (Attributes | undefined)[] = [];
const spans: { readonly name: string; readonly attributes: Attributes | undefined; status?: unknown }[] = [];

const observable = (name: string): object => ({
  addCallback: (callback: ObservableCallback) => callbacks.set(name, new Set([callback])),
  removeCallback: () => callbacks.delete(name),
});
const meter = {
  createHistogram: () => ({ record: (_ms: number, attributes?: Attributes) => void recorded.push(attributes) }),
  createObservableCounter: observable,
  createObservableGauge: observable,
} as unknown as Meter;
const tracer = {
  startActiveSpan: (name: string, options: { attributes?: Attributes }, work: (span: Span) => unknown) => {
    const span: (typeof spans)[number] = { name, attributes: options.attributes };
    spans.push(span);
    return work({ end: () => undefined, setStatus: (status: unknown) => (span.status = status) } as unknown as Span);
  },
} as unknown as Tracer;

beforeEach(() => {
  metrics.setGlobalMeterProvider({ getMeter: () => meter });
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
});
afterEach(() => {
  metrics.disable();
  trace.disable();
});

function observed(name: string): unknown {
  let seen: unknown;
  for (const callback of callbacks.get(name) ?? []) void callback({ observe: (value: number) => (seen = value) });
  return seen;
}

test("reads, refreshes and rotations are counted, requests are spans with an id and an outcome, and no value is in them", async () => {
  const client = fakeSecretClient({ a: "canary-one" });
  await client.get("a");
  client.peek("a");
  await client.rotate("a", "canary-two");
  client.secrets.fail(new RekeyError("access-denied"));
  await client.refresh("a").catch(() => undefined);
  expect(observed("rekey.client.refreshes")).toBe(3);
  expect(observed("rekey.client.refreshes.failed")).toBe(1);
  expect(observed("rekey.client.rotations")).toBe(1);
  expect(observed("rekey.client.secrets")).toBe(1);
  expect(observed("rekey.client.subscriptions")).toBe(0);
  expect(observed("rekey.client.age.oldest")).toBeGreaterThanOrEqual(0);
  expect(observed("rekey.client.reads")).toBeGreaterThanOrEqual(2);
  expect(recorded).toEqual([{ outcome: "ok" }, { outcome: "ok" }, { outcome: "access-denied" }]);
  expect(spans.at(-1)).toMatchObject({
    name: "rekey.client.refresh",
    attributes: { "rekey.secret": "a" },
    status: { message: "access-denied" },
  });
  expect(JSON.stringify([spans, recorded])).not.toContain("canary");
  await client.close();
  expect(callbacks.size).toBe(0);
});
