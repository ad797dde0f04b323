import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { oldestVersions } from "./product.ts";

test("the oldest MongoDB is the driver's", () => {
  const driver = dirname(createRequire(import.meta.url).resolve("mongodb/package.json"));
  const constants = readFileSync(join(driver, "lib/cmap/wire_protocol/constants.js"), "utf8");
  expect(/MIN_SUPPORTED_SERVER_VERSION = '([\d.]+)'/u.exec(constants)?.[1]).toBe(oldestVersions.MongoDB);
});
