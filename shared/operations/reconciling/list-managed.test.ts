import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { listManaged } from "./list-managed.ts";
import { managedSecrets } from "./managed-secrets.ts";
import { parseReconcileTask } from "./reconcile.ts";

const call = { signal: AbortSignal.timeout(5_000) };
const arnOf = (name: string): string => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;

/** A catalogue of so many pages, each with one secret of ours and one of somebody else's, or of theirs alone. */
function catalogue(pages: number, isOurs: (page: number) => boolean = () => true, failAt = Infinity) {
  const asked: unknown[] = [];
  const sent: object[] = [];
  const ports = {
    managed: managedSecrets([arnOf("db/*").slice(0, -7)]),
    catalogue: {
      async page(from: { readonly cursor?: string; readonly namePrefixes: readonly string[] }) {
        if (asked.push(from) === failAt) throw new RekeyError("store-throttled");
        const page = Number(from.cursor ?? 0);
        const secretArns = [...(isOurs(page) ? [arnOf(`db/${page}`)] : []), arnOf("other")];
        return page + 1 < pages ? { secretArns, cursor: String(page + 1) } : { secretArns };
      },
    },
    tasks: { send: async (task: object) => void sent.push(task) },
  };
  return { ports, asked, sent };
}

test("the catalogue is asked by the names' beginnings, page after page", async () => {
  const { ports, asked } = catalogue(2);
  expect(await listManaged(ports, undefined, call)).toBe(2);
  expect(asked).toStrictEqual([{ namePrefixes: ["db/"] }, { namePrefixes: ["db/"], cursor: "1" }]);
});

test("it goes on at the cursor that it is given", async () => {
  const { ports, sent } = catalogue(4);
  expect(await listManaged(ports, "2", call)).toBe(2);
  expect(sent).toEqual([{ secretArns: [arnOf("db/2")] }, { secretArns: [arnOf("db/3")] }]);
});

test("a page without a managed secret makes no task", async () => {
  const { ports, sent } = catalogue(3, (page) => page === 1);
  expect(await listManaged(ports, undefined, call)).toBe(1);
  expect(sent).toEqual([{ secretArns: [arnOf("db/1")] }]);
});

test("after a hundred pages the rest is a task of its own", async () => {
  const { ports, sent } = catalogue(101);
  expect(await listManaged(ports, undefined, call)).toBe(100);
  expect([sent.length, sent.at(-1)]).toEqual([101, { cursor: "100" }]);
});

test("any number of pages is listed, by going on where the last task stopped, also after one that was cut", async () => {
  const { ports, sent } = catalogue(250, () => true, 120);
  const seen = new Set<string>();
  let task: unknown = {};
  for (let round = 0; round < 5 && task !== undefined; round++) {
    const { cursor }: { readonly cursor?: string } = { ...(task as object) };
    await listManaged(ports, cursor, call).catch(async () => listManaged(ports, cursor, call));
    task = undefined;
    for (const message of sent.splice(0)) {
      const parsed = parseReconcileTask(JSON.stringify(message));
      if ("secretArns" in parsed) for (const arn of parsed.secretArns) seen.add(arn);
      else task = parsed;
    }
  }
  expect(seen.size).toBe(250);
});
