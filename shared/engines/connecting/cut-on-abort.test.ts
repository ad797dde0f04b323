import { expect, test } from "vitest";
import { cutOnAbort, unlessAborted } from "./cut-on-abort.ts";

const never = async (): Promise<never> => new Promise(() => undefined);

test.each([
  ["cutOnAbort", cutOnAbort],
  ["unlessAborted", unlessAborted],
])("%s gives the work's result, and cuts nothing once the work has ended", async (_name, bounded) => {
  const { signal, abort } = abortable();
  let cuts = 0;
  expect(
    await bounded(
      async () => "done",
      signal,
      () => cuts++,
    ),
  ).toBe("done");
  abort();
  expect(cuts).toBe(0);
});

test("a signal that comes first cuts what the work waits for, and the work says how it ended", async () => {
  const { signal, abort } = abortable();
  let cut = (): void => undefined;
  const work = async (): Promise<string> => new Promise((resolve) => (cut = () => resolve("cut short")));
  const ended = cutOnAbort(work, signal, () => cut());
  abort();
  expect(await ended).toBe("cut short");
});

test("work that outlasts the cut ends with the signal's own error", async () => {
  const { signal, abort } = abortable();
  let cuts = 0;
  const ended = unlessAborted(never, signal, () => cuts++);
  abort();
  await expect(ended).rejects.toBe(signal.reason);
  expect(cuts).toBe(1);
});

test("after the signal no work begins", async () => {
  const { signal, abort } = abortable();
  abort();
  let begun = 0;
  await expect(
    unlessAborted(
      async () => begun++,
      signal,
      () => undefined,
    ),
  ).rejects.toBe(signal.reason);
  expect(begun).toBe(0);
});

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error("out of time")) };
}
