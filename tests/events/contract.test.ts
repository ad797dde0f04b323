import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { outgoingEvent } from "../../shared/aws/eventbridge/outgoing-event.ts";
import { deliveredEvent } from "../../shared/events/delivered-event.ts";
import { retirementCueIn, secretArnIn } from "../../shared/events/rekey-event.ts";
import type { RotationEvent } from "../../shared/events/rotation-event.ts";
import { generatePassword } from "../../shared/secrets/password.ts";
import { renderAsyncApi, renderDetails } from "./render-contract.ts";
import { openApiOf, renderSchemaTemplate } from "./render-schema-registry.ts";
import { eventKinds, examples, writtenFile } from "./schemas.ts";

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validators = new Map(eventKinds.map(({ name, version, schema }) => [`${name}.v${version}`, ajv.compile(schema)]));

/** Paths of what is wrong. */
function problems(kind: { readonly name: string; readonly version: number }, detail: object): readonly string[] {
  const validate = validators.get(`${kind.name}.v${kind.version}`);
  if (validate === undefined) return ["there is no such schema"];
  if (validate(detail)) return [];
  return (validate.errors ?? []).map(({ instancePath, params }) => instancePath || JSON.stringify(params));
}

const newest = eventKinds.filter(
  ({ name, version }) => !eventKinds.some((other) => other.name === name && other.version > version),
);

describe("every version that was ever published", () => {
  test.each(examples)("$file is valid, and says which schema it has", ({ name, version, event }) => {
    const kind = eventKinds.find((candidate) => candidate.name === name && candidate.version === version);
    expect(problems({ name, version }, event.detail)).toEqual([]);
    expect(event["detail-type"]).toBe(kind?.detailType);
    expect(event.detail["schemaVersion"]).toBe(version);
    expect(event.resources).toEqual([event.detail["secretArn"]]);
    const { subscriber } = event.detail;
    expect(event.source).toBe(name === "secret-adopted" ? `rekey.subscriber.${String(subscriber)}` : "rekey");
  });

  test.each(eventKinds)("$file has an example with every field and one with the required ones alone", (kind) => {
    const fieldsOf = examples
      .filter(({ name, version }) => name === kind.name && version === kind.version)
      .map(({ event }) => Object.keys(event.detail).sort());
    expect(fieldsOf).toContainEqual(Object.keys(kind.schema.properties).sort());
    expect(fieldsOf).toContainEqual([...kind.schema.required].sort());
  });

  test.each(eventKinds)("$file has all of its earlier versions beside it", ({ name, version }) => {
    const versions = eventKinds.filter((kind) => kind.name === name).map((kind) => kind.version);
    for (let earlier = 1; earlier < version; earlier++) expect(versions).toContain(earlier);
  });
});

describe("what is sent", () => {
  test("the compiler refuses an event without a field that its schema requires, and one with a field of its own", () => {
    const secret = { secretArn: "arn", secretName: "name" };
    // @ts-expect-error `recoverable` is required
    const incomplete: RotationEvent = { type: "Secret Deleted", ...secret };
    // @ts-expect-error `password` is not in the schema
    const talkative: RotationEvent = { type: "Secret Restored", ...secret, password: "" };
    expect([incomplete, talkative].map(({ type }) => type)).toEqual(["Secret Deleted", "Secret Restored"]);
  });

  test.each(newest.filter(({ name }) => name !== "secret-adopted"))(
    "$detailType: what the publisher makes of an example's fields is valid, and lacks none",
    ({ name, version, detailType }) => {
      const example = examples.find((candidate) => candidate.name === name && candidate.version === version);
      const { schemaVersion: _version, at: _at, ...fields } = example?.event.detail ?? {};
      const published = outgoingEvent({ type: detailType, ...fields } as RotationEvent, new Date(0));
      const detail = JSON.parse(published.detail) as object;
      expect(problems({ name, version }, detail)).toEqual([]);
      expect(Object.keys(detail).sort()).toEqual(Object.keys(example?.event.detail ?? {}).sort());
    },
  );
});

describe("no event can hold a value", () => {
  test.each(examples)("$file: no other field is allowed, and no field takes free text", ({ name, version, event }) => {
    const value = "pa ss'wörd\"";
    for (const [field, held] of Object.entries(event.detail)) {
      expect(problems({ name, version }, { ...event.detail, [field]: value })).toEqual(
        expect.arrayContaining([`/${field}`]),
      );
      if (!Array.isArray(held)) continue;
      expect(problems({ name, version }, { ...event.detail, [field]: [value] })).toEqual([`/${field}/0`]);
    }
    expect(problems({ name, version }, { ...event.detail, password: "x" })).toEqual([
      '{"additionalProperty":"password"}',
    ]);
  });

  test("the letters of a generated password fit ids and names only, which rekey takes from the API and never from a value", () => {
    const password = generatePassword({ charset: "alnum", length: 32 }).reveal().replaceAll(/[A-Z]/g, "X");
    const fits = examples.flatMap(({ name, version, event }) =>
      Object.entries(event.detail)
        .filter(([field, held]) => {
          const detail = { ...event.detail, [field]: Array.isArray(held) ? [password] : password };
          return problems({ name, version }, detail).length === 0;
        })
        .map(([field]) => field),
    );
    expect([...new Set(fits)].sort()).toEqual([
      "pendingVersionId",
      "previousVersionId",
      "retiredVersionId",
      "secretName",
      "subscriber",
      "versionId",
    ]);
  });
});

test.each(examples)("the secret of $file is read", ({ event }) => {
  expect(secretArnIn(deliveredEvent(event))).toBe(event.detail["secretArn"]);
});

test.each(examples.filter(({ name }) => name === "secret-rotated" || name === "secret-adopted"))(
  "what makes a replaced credential due is read from $file",
  ({ event }) => {
    const { secretArn, versionId, subscriber } = event.detail;
    const cue = retirementCueIn(deliveredEvent(event));
    expect(cue).toMatchObject({ secretArn, versionId });
    expect("subscriber" in cue ? cue.subscriber : undefined).toBe(subscriber);
  },
);

test("the written types and the AsyncAPI document are those of the schemas", () => {
  const bare = (text: string): string =>
    text
      .replaceAll(/\s+/g, "")
      .replaceAll(/([:=])\|/g, "$1")
      .replaceAll(/,(?=[\]}])/g, "");
  expect(bare(writtenFile("../shared/events/details.ts"))).toBe(bare(renderDetails()));
  expect(JSON.parse(writtenFile("asyncapi.json"))).toEqual(JSON.parse(renderAsyncApi()));
});

test("a field that is added to a schema is in the type and among the published fields", () => {
  const rotated = newest.find(({ name }) => name === "secret-rotated");
  if (rotated === undefined) throw new Error("there is no schema of Secret Rotated");
  const { schema } = rotated;
  const extended = { ...schema, properties: { ...schema.properties, lag: { type: "integer" } } } as const;
  const details = renderDetails(newest.map((kind) => (kind === rotated ? { ...kind, schema: extended } : kind)));
  expect(details).toMatch(/interface SecretRotatedV1 \{[^}]*readonly lag\?: number;/);
  expect(details).toMatch(/"Secret Rotated": \[[^\]]*"lag"\]/);
});

test("the newest version of an event is the one that is published, and each has its type", () => {
  const deleted = newest.find(({ name }) => name === "secret-deleted");
  if (deleted === undefined) throw new Error("there is no schema of Secret Deleted");
  const details = renderDetails([{ ...deleted, version: 2 }, deleted]);
  expect(details).toContain('"Secret Deleted": SecretDeletedV2 | SecretDeletedV1;');
  expect(details).toContain('"Secret Deleted": SecretDeletedV2;');
});

test("the template of the schema registry is made from the schemas", () => {
  const written = readFileSync(new URL("../../templates/event-schemas.yaml", import.meta.url), "utf8");
  expect(parse(written)).toEqual(parse(renderSchemaTemplate()));
});

test.each(examples)("$file is valid by the registry's schema, and without its detail's ARN it is not", (example) => {
  const kind = eventKinds.find(({ name, version }) => name === example.name && version === example.version);
  const document = kind === undefined ? {} : openApiOf(kind);
  const openApi = new Ajv({ strict: false, validateFormats: false }).addSchema(document, "registry");
  const isValid = openApi.compile({ $ref: "registry#/components/schemas/AWSEvent" });
  expect([isValid(example.event), isValid.errors]).toEqual([true, null]);
  const { secretArn: _secretArn, ...detail } = example.event.detail;
  expect(isValid({ ...example.event, detail })).toBe(false);
});
