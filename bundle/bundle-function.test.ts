import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleFunction } from "./bundle-function.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "rekey-bundle-"));
});
afterAll(async () => rm(folder, { recursive: true }));

test("rotate-postgres is at most 300 KB, has no Vault client, and answers a bad event with a typed error", async () => {
  const outfile = path.join(folder, "rotate", "index.mjs");
  const { inputs } = await bundleFunction("rotate-postgres", outfile);
  expect((await stat(outfile)).size).toBeLessThanOrEqual(300_000);
  expect(Object.keys(inputs).filter((file) => /node-vault|credential-provider-(?:sso|ini|process)/.test(file))).toEqual(
    [],
  );
  process.env["AWS_REGION"] = "us-east-1";
  const { handler } = (await import(pathToFileURL(outfile).href)) as {
    handler: (event: unknown, context: object) => Promise<unknown>;
  };
  await expect(handler({ Step: "drop" }, { getRemainingTimeInMillis: () => 9_000 })).rejects.toMatchObject({
    code: "step-invalid",
  });
  expect(JSON.parse(await readFile(`${outfile}.map`, "utf8"))).toMatchObject({ version: 3 });
});

test.each([
  ["rotate-redis", 330_000, /node_modules\/pg\/|node-vault|saslprep|commands\/ACL_|client\/dist\/lib\/cluster\//],
  ["rotate-http-api-key", 235_000, /node_modules\/(?:pg|node-vault|@redis|@mongodb-js)\//],
  ["rotate-vault-static-role", 300_000, /node_modules\/(?:pg|axios|@redis|@mongodb-js)\//],
])(
  "%s is at most %d bytes, has no other driver, and answers a bad event with a typed error",
  async (name, most, not) => {
    const outfile = path.join(folder, name, "index.mjs");
    const { inputs } = await bundleFunction(name, outfile);
    expect((await stat(outfile)).size).toBeLessThanOrEqual(most);
    expect(Object.keys(inputs).filter((file) => not.test(file))).toEqual([]);
    const { handler } = (await import(pathToFileURL(outfile).href)) as {
      handler: (event: unknown, context: object) => Promise<unknown>;
    };
    await expect(handler({ Step: "drop" }, { getRemainingTimeInMillis: () => 9_000 })).rejects.toMatchObject({
      code: "step-invalid",
    });
  },
);

test("mirror-to-vault loads and takes an empty batch", async () => {
  const outfile = path.join(folder, "mirror", "index.mjs");
  await bundleFunction("mirror-to-vault", outfile);
  const { handler } = (await import(pathToFileURL(outfile).href)) as {
    handler: (event: unknown, context: object) => Promise<unknown>;
  };
  await expect(handler({ Records: [] }, { getRemainingTimeInMillis: () => 9_000 })).resolves.toEqual({
    batchItemFailures: [],
  });
});
