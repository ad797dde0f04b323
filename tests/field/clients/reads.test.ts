import { createServer } from "node:http";
import { expect, test } from "vitest";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { createSecretClient } from "../../../shared/client/secret-client.ts";
import type { SecretSource, SourceAnswer } from "../../../shared/client/sources/secret-source.ts";
import { listening } from "../../support/listening.ts";
import type { Told } from "../../support/liveness/one-by-one.ts";
import { awsError, startScriptedAws } from "../../support/scripted-aws.ts";
import { runScript } from "../../support/script-process.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";

printFieldCases();

/** What the scripts set as theirs when all is done; a wait that nothing keeps alive ends Node with 13 or 0 before that. */
const exitCode = 7;
const crowd = new URL("../../support/liveness/crowd-child.ts", import.meta.url);
const reading = new URL("../../support/liveness/reading-child.ts", import.meta.url);
const bad = "one bad input ends or blocks the service";

const toldIn = (output: string): readonly Told[] =>
  output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Told);

/** Secrets Manager that gives the same value for every id, after a moment. */
const startSource = async () =>
  listening(
    createServer((request, response) => {
      request.resume().on("end", () => {
        setTimeout(() => {
          response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
          response.end(JSON.stringify({ VersionId: "v1", SecretString: "{}", CreatedDate: 1_700_000_000 }));
        }, 20);
      });
    }),
  );

test(
  "a job that only waits for many reads, its own budget or an announced version goes on to its end",
  { timeout: 120_000 },
  async ({ signal }) =>
    fieldCase(bad, async () => {
      await using source = await startSource();
      const ended = await runScript(crowd, [`http://127.0.0.1:${source.port}`, String(exitCode)], { signal });
      expect(toldIn(ended.output).map(({ wait, outcome }) => [wait, outcome])).toEqual([
        ["320 cold secrets at once", "done"],
        ["a small budget", "done"],
        ["a budget that is spent", "client-quota-exceeded"],
        ["an announced version", "done"],
        ["an announced version, by a first read", "done"],
        ["a schema that takes its time", "done"],
        ["a batch", "done"],
      ]);
      expect(ended).toMatchObject({ code: exitCode });
    })(),
);

test.each([
  ["resets each connection", "reset", /^(store-unavailable|mirror-unavailable)$/],
  ["answers 503", awsError(503, "ServiceUnavailable"), /^(store-unavailable|mirror-unavailable)$/],
  ["answers with half a page", { status: 502, body: "<html>" }, /^(store-unavailable|mirror-unavailable)$/],
  [
    "says that the token has expired",
    awsError(403, "ExpiredTokenException"),
    /^(credentials-expired|vault-token-refused)$/,
  ],
] as const)(
  "a job that only reads a secret ends with an error while the endpoint %s, never silently",
  { timeout: 120_000 },
  async (_what, answer, codes) =>
    fieldCase(bad, async () => {
      const aws = await startScriptedAws();
      aws.answer = answer;
      const port = new URL(aws.endpoint).port;
      const ended = await runScript(reading, [port, "5000", String(exitCode)], {
        signal: AbortSignal.timeout(100_000),
      });
      await aws.stop();
      const told = toldIn(ended.output);
      const unlike = told.filter(
        ({ wait, outcome }) => !(wait === "prefetch" ? outcome === "done" : codes.test(outcome)),
      );
      expect(unlike).toEqual([]);
      expect(told.length).toBeGreaterThan(15);
      expect(ended).toMatchObject({ code: exitCode });
    })(),
);

const answer: SourceAnswer = { versionId: "v1", value: new SecretValue('{"a":1}') };
const sources: readonly (readonly [string, unknown, string])[] = [
  [
    "throws at once",
    () => {
      throw new Error("canary");
    },
    "store-unavailable",
  ],
  ["rejects with no error", async () => Promise.reject(undefined), "store-unavailable"],
  [
    "rejects with an odd name",
    async () => Promise.reject(Object.assign(new Error("x"), { name: Symbol("canary") })),
    "store-unavailable",
  ],
  ["returns nothing", () => undefined, "secret-not-found"],
  ["returns null", () => null, "source-malformed"],
  ["returns a text", () => "canary", "source-malformed"],
  ["returns no version", () => ({ value: answer.value }), "source-malformed"],
  ["returns an empty version", () => ({ ...answer, versionId: "" }), "source-malformed"],
  ["returns no value", () => ({ versionId: "v1" }), "source-malformed"],
  ["returns a value of text", () => ({ versionId: "v1", value: "canary" }), "source-malformed"],
  ["returns a time that is none", () => ({ ...answer, createdAt: "canary" }), "source-malformed"],
  ["returns an invalid time", () => ({ ...answer, createdAt: new Date("canary") }), "source-malformed"],
  [
    "returns what throws when it is looked at",
    () => ({
      versionId: "v1",
      get value() {
        throw new Error("canary");
      },
    }),
    "source-malformed",
  ],
];

test.each(sources)(
  "a source of one's own that %s gives a typed error, and the value that was read goes on",
  async (_what, read, code) =>
    fieldCase(bad, async () => {
      let isBad = true;
      const source = {
        read: (...given: Parameters<SecretSource["read"]>) =>
          isBad ? (read as () => never)() : Promise.resolve({ ...answer, given }),
      };
      await using client = createSecretClient({ source, requestTimeoutMs: 2_000 });
      const reads = [
        async () => client.get("a"),
        async () => client.json("a"),
        async () => client.refresh("b"),
        async () => client.get("c", { stage: "AWSPREVIOUS" }),
      ];
      for (const failing of reads) {
        const error: unknown = await failing().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code });
        expect(JSON.stringify(error) + String(error)).not.toContain("canary");
      }
      expect(client.health().failing.map(({ code }) => code)).toEqual([code, code, code]);
      isBad = false;
      await client.refresh("a");
      isBad = true;
      await client.refresh("a").catch(() => undefined);
      expect((await client.get("a")).versionId).toBe("v1");
    })(),
);

test.each([undefined, null, 5, "", {}, Symbol("id"), "x".repeat(3_000)])(
  "an id that is none (case %#) is refused with a typed error, and notices of others are heard after it",
  async (given) =>
    fieldCase(bad, async () => {
      const id = given as string;
      let newest = "v1";
      const source: SecretSource = { read: async () => ({ ...answer, versionId: newest }) };
      await using client = createSecretClient({ source });
      const refused = { code: "option-invalid", context: expect.objectContaining({ option: "secretId" }) };
      for (const read of [client.get(id), client.json(id), client.refresh(id), client.pending(id)])
        await expect(read).rejects.toMatchObject(refused);
      await expect(client.prefetch([id])).rejects.toMatchObject(refused);
      expect(() => client.invalidate(id)).toThrow(expect.objectContaining(refused));
      expect(() => client.handle(id)).toThrow(expect.objectContaining(refused));
      await client.get("a");
      newest = "v2";
      client.invalidate("a", { atLeast: "v2" });
      expect((await client.get("a")).versionId).toBe("v2");
    })(),
);

test.each([undefined, null, {}, { read: 5 }])(
  "a client without a source (case %#) is refused at once",
  async (source) =>
    fieldCase(bad, async () => {
      expect(() => createSecretClient({ source: source as unknown as SecretSource })).toThrow(
        expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option: "source" }) }),
      );
    })(),
);
