import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readTemplate } from "../reading/read-template.ts";
import { accountPermissionsText } from "./account-permissions-text.ts";
import { templateText } from "./template-text.ts";
import { vpcEndpointsText } from "./vpc-endpoints-text.ts";

const root = resolve(import.meta.dirname, "../..");
const commentsOf = (text: string): readonly string[] =>
  text.split("\n").flatMap((line) => /(?:^|\s)# .+$/u.exec(line)?.[0].trim() ?? []);

test.each([
  ["template.yaml", templateText()],
  ["templates/accounts/permissions.yaml", accountPermissionsText()],
  ["templates/vpc-endpoints.yaml", vpcEndpointsText()],
])("%s is what deploy/template makes: npm run docs writes it", (name, text) => {
  const written = readFileSync(resolve(root, name), "utf8");
  expect({ ...readTemplate(written), bytes: 0 }).toEqual({ ...readTemplate(text), bytes: 0 });
  expect(commentsOf(written)).toEqual(commentsOf(text));
});

test("no ten lines of a section stand in the sections twice", () => {
  const folder = resolve(import.meta.dirname, "sections");
  const blocks = readdirSync(folder).flatMap((name) => {
    const lines = readFileSync(resolve(folder, name), "utf8").split("\n");
    return lines.slice(9).map((_line, end) => lines.slice(end, end + 10).join("\n"));
  });
  expect(blocks.length).toBeGreaterThan(300);
  expect(blocks.filter((block, index) => blocks.indexOf(block) !== index)).toEqual([]);
});
