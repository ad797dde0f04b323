import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleFunction } from "./bundle-function.ts";
import { functionEnvironment } from "./function-environment.ts";

let folder: string;
Object.assign(process.env, functionEnvironment);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-bundle-"));
});
afterAll(async () => rm(folder, { recursive: true }));

test.each([
  ["rotate-postgres", /\/(?:pg|pg-protocol)\//],
  ["rotate-redshift", /\/(?:pg|pg-protocol)\//],
  ["rotate-mariadb", /\/mysql2\//],
  ["rotate-mysql", /\/mysql2\//],
  ["rotate-mongodb", /\/(?:mongodb|bson)\//],
])("%s has its driver and no other, and answers a bad event with a typed error", async (name, driver) => {
  const outfile = path.join(folder, name, "index.mjs");
  const { inputs } = await bundleFunction(name, outfile);
  const drivers = Object.keys(inputs).filter((file) =>
    /node_modules\/(?:pg|pg-protocol|mongodb|bson|mysql2|iconv-lite)\//.test(file),
  );
  expect(drivers.length).toBeGreaterThan(5);
  expect(drivers.filter((file) => !driver.test(file))).toEqual([]);
  expect(Object.keys(inputs).filter((file) => /node-vault|credential-provider-(?:sso|ini|process)/.test(file))).toEqual(
    [],
  );
  const { handler } = (await import(pathToFileURL(outfile).href)) as {
    handler: (event: unknown, context: object) => Promise<unknown>;
  };
  await expect(handler({ Step: "drop" }, { getRemainingTimeInMillis: () => 9_000 })).rejects.toMatchObject({
    code: "step-invalid",
  });
  expect(JSON.parse(await readFile(`${outfile}.map`, "utf8"))).toMatchObject({ version: 3 });
});

test.each([
  ["rotate-redis", /node_modules\/pg\/|node-vault|saslprep|commands\/ACL_|client\/dist\/lib\/cluster\//],
  ["rotate-http-api-key", /node_modules\/(?:pg|node-vault|@redis|@mongodb-js)\//],
  ["rotate-vault-static-role", /node_modules\/(?:pg|axios|@redis|@mongodb-js)\//],
])("%s has no other driver, and answers a bad event with a typed error", async (name, not) => {
  const outfile = path.join(folder, name, "index.mjs");
  const { inputs } = await bundleFunction(name, outfile);
  expect(Object.keys(inputs).filter((file) => not.test(file))).toEqual([]);
  const { handler } = (await import(pathToFileURL(outfile).href)) as {
    handler: (event: unknown, context: object) => Promise<unknown>;
  };
  await expect(handler({ Step: "drop" }, { getRemainingTimeInMillis: () => 9_000 })).rejects.toMatchObject({
    code: "step-invalid",
  });
});

test("check-login has every driver", async () => {
  const outfile = path.join(folder, "check-login", "index.mjs");
  const inputs = Object.keys((await bundleFunction("check-login", outfile)).inputs).join();
  for (const driver of ["pg", "mysql2", "mongodb"]) expect(inputs).toContain(`node_modules/${driver}/`);
});

test.each([
  "announce-change",
  "check-login",
  "mirror-to-vault",
  "notify-redis",
  "notify-webhook",
  "reconcile",
  "retire-previous",
])("%s loads and takes an empty batch", async (name) => {
  const outfile = path.join(folder, name, "index.mjs");
  await bundleFunction(name, outfile);
  const { handler } = (await import(pathToFileURL(outfile).href)) as {
    handler: (event: unknown, context: object) => Promise<unknown>;
  };
  await expect(handler({ Records: [] }, { getRemainingTimeInMillis: () => 9_000 })).resolves.toEqual({
    batchItemFailures: [],
  });
});
