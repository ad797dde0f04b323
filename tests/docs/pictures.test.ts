import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { drawPictures } from "../../docs/images/draw-pictures.ts";
import { root } from "./fenced-blocks.ts";

const drawn = Object.entries(await drawPictures());

test.each(drawn)("%s is what its source draws", (file, text) => {
  expect(readFileSync(path.join(root, "docs/images", file), "utf8")).toBe(text);
});

test.each(drawn)("%s asks for nothing outside of itself, and is small", (_file, text) => {
  expect(text).not.toMatch(/<script|<foreignObject|@import|href="(?!#)|url\((?!#)/u);
  expect(text.length).toBeLessThan(60_000);
});
