import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { packageFiles, rewritten } from "./package-files.ts";

const places = { codeUri: (key: string) => `s3://b/${key}`, templateUrl: (key: string) => `https://s3/b/${key}` };

test("code and nested templates lie in the bucket, and nothing outlives its stack", () => {
  const text = [
    "  RotatePostgres:",
    "    DeletionPolicy: Retain",
    "    UpdateReplacePolicy: Retain",
    "    Properties:",
    "      CodeUri: dist/functions/rotate-postgres",
    "      Location: templates/event-schemas.yaml",
    "",
  ].join("\n");
  expect(rewritten(text, places)).toBe(
    [
      "  RotatePostgres:",
      "    Properties:",
      "      CodeUri: s3://b/dist-functions-rotate-postgres.zip",
      "      Location: https://s3/b/templates/event-schemas.yaml",
      "",
    ].join("\n"),
  );
});

test("everything that a template of the package names is uploaded, and no path of this machine is left in one", async () => {
  const { uploads, templates } = await packageFiles(places);
  const keys = new Set(uploads.map(({ key }) => key));
  const texts = uploads
    .filter(({ key }) => key.endsWith(".yaml"))
    .map(({ body }) => Buffer.from(body).toString("utf8"));
  const named = texts.flatMap((text) =>
    [...text.matchAll(/(?:s3:\/\/b|https:\/\/s3\/b)\/(\S+)/g)].map(([, key = ""]) => key),
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((key) => !keys.has(key))).toEqual([]);
  expect(texts.filter((text) => /CodeUri: dist|Location: templates/.test(text))).toEqual([]);
  expect(templates.filter((key) => !keys.has(key))).toEqual([]);
  const archives = uploads.filter(({ key }) => key.endsWith(".zip"));
  expect(new Set(archives.flatMap(({ body }) => Object.keys(unzipSync(body))))).toEqual(new Set(["index.mjs"]));
});
