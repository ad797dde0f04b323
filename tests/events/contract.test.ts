import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventDetail } from "../../shared/publishers/event-detail.ts";
import type { RotationEvent } from "../../shared/rotation/ports.ts";

interface Property {
  readonly type?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}
interface Schema {
  readonly additionalProperties: boolean;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Property>>;
}

const schemaOf = (name: string): Schema =>
  JSON.parse(readFileSync(new URL(`../../events/${name}.v1.schema.json`, import.meta.url), "utf8")) as Schema;

/** The keywords that the schemas use. */
function problems(schema: Schema, detail: Readonly<Record<string, unknown>>): readonly string[] {
  const unknown = Object.keys(detail).filter((field) => !Object.hasOwn(schema.properties, field));
  const missing = schema.required.filter((field) => detail[field] === undefined);
  const wrong = Object.entries(schema.properties).filter(([field, { const: only, enum: allowed, pattern }]) => {
    const value = detail[field];
    if (value === undefined) return false;
    if (only !== undefined) return value !== only;
    if (allowed !== undefined) return !allowed.includes(value);
    return typeof value !== "string" || pattern === undefined || !new RegExp(pattern).test(value);
  });
  return [...unknown, ...missing, ...wrong.map(([field]) => field)];
}

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/orders-AbCdEf";
const ids = { secretArn, secretName: "prod/orders", versionId: "5f0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e" };
const rotated: RotationEvent = {
  type: "Secret Rotated",
  ...ids,
  previousVersionId: "0a0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e",
  origin: "rotation",
  engine: "aurora-postgresql",
  strategy: "alternating-users",
};
const failed: RotationEvent = {
  type: "Secret Rotation Failed",
  ...ids,
  step: "testSecret",
  code: "credential-refused",
  disposition: "abort",
};

const retired: RotationEvent = {
  type: "Secret Retired",
  ...ids,
  retiredVersionId: "0a0c1a52-3d0b-4f1c-9d0e-1f2a3b4c5d6e",
};

describe.each([
  ["secret-retired", retired],
  ["secret-rotated", rotated],
  ["secret-rotation-failed", failed],
] as const)("%s", (name, event) => {
  const detail = JSON.parse(eventDetail(event, new Date(0))) as Record<string, unknown>;

  test("what the publisher sends is what the schema says", () => {
    expect(problems(schemaOf(name), detail)).toEqual([]);
  });

  test("no other field is allowed, and no field takes free text", () => {
    const schema = schemaOf(name);
    expect(schema.additionalProperties).toBe(false);
    for (const field of Object.keys(schema.properties)) {
      expect(problems(schema, { ...detail, [field]: "pa ss'wörd\"" })).toEqual([field]);
    }
    expect(problems(schema, { ...detail, password: "x" })).toEqual(["password"]);
  });
});
