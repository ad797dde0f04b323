import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { codes } from "./codes.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folders = ["shared", "functions", "local", "cli", "tests", "bundle"];
const expectations = folders
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" }).map((file) =>
      path.join(root, folder, file),
    ),
  )
  .filter((file) => /(?:\.test|engine-contract\/clauses\/[a-z-]+)\.ts$/.test(file) && file !== import.meta.filename)
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

test.each(Object.keys(codes))("%s is expected by a test", (code) => {
  expect(new RegExp(`["' ]${code}["':]`, "u").test(expectations)).toBe(true);
});

test.each(Object.entries(codes))(
  "%s says what happened and what to do, in a form that an alarm can match",
  (code, row) => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)+$/u);
    expect(row.meaning.length).toBeGreaterThan(10);
    expect(row.hint.length).toBeGreaterThan(10);
  },
);
