import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clients, type Sdk, type SdkStage, startSdkStage } from "../support/sdk-stage.ts";

const root = path.resolve(import.meta.dirname, "../..");

let stage: SdkStage;
beforeAll(async () => {
  stage = await startSdkStage();
});
afterAll(async () => stage.stop());

test("these are the clients that the functions' code makes", async () => {
  const wiring = await readFile(path.join(root, "shared/runtime/aws-clients.ts"), "utf8");
  const made = [...wiring.matchAll(/@aws-sdk\/client-([a-z-]+)/g)].map(([, name]) => name);
  expect(new Set(made)).toEqual(new Set(clients.map(([name]) => name)));
});

describe.each(clients)("%s as it is in a function", (name, client, command, input) => {
  test("sends its operations to hosts without words before their names", async () => {
    const whole: object = await import(`@aws-sdk/client-${name}`);
    const operations = Object.values(whole).filter((schema) => Array.isArray(schema) && schema[0] === 9) as object[][];
    expect(operations.length).toBeGreaterThan(10);
    expect(operations.filter(([, , , traits]) => typeof traits === "object" && "endpoint" in traits)).toEqual([]);
  });

  test("tells every error apart as the package does", async () => {
    const whole = (await import(`@aws-sdk/client-${name}`)) as Sdk;
    const Base = Object.entries(whole).find(([key]) => /^(?!__).*ServiceException$/.test(key))?.[1] ?? Object;
    const known = Object.keys(whole).filter((key) => whole[key]?.prototype instanceof Base);
    expect(known.length).toBeGreaterThan(5);
    for (const type of [...known, "AccessDeniedException", "ThrottlingException", "SomethingNewException"]) {
      for (const status of [400, 500]) {
        const headers = { "x-amzn-errortype": type };
        stage.answers({
          status,
          headers,
          body: { __type: `com.example#${type}`, message: "why", Reason: "because" },
        });
        const [ofWhole, ofSlim] = await stage.both(name, async (sdk) => {
          const { answer: error } = await stage.outcomeOf(sdk, client, command, input);
          const { $retryable, ...facts } = { ...(error as Record<string, unknown>) };
          const { $metadata, message, stack, $response, ...own } = facts;
          void [stack, $response];
          const { [type]: Class = Error, [Base.name]: AnyOfThem = Error } = sdk;
          const isTheirs = [error instanceof Class, error instanceof AnyOfThem, error instanceof Error];
          const { httpStatusCode } = $metadata as { httpStatusCode: number };
          return { own: JSON.parse(JSON.stringify(own)) as object, message, $retryable, isTheirs, httpStatusCode };
        });
        expect(ofSlim).toEqual(ofWhole);
        expect(ofSlim.httpStatusCode).toBe(status);
      }
    }
  });
});

test.each([
  [400, "ThrottlingException", {}, 3],
  [503, "ServiceUnavailable", {}, 3],
  [400, "AccessDeniedException", {}, 1],
  [403, "RequestTimeTooSkewed", { date: new Date(Date.now() + 3_600_000).toUTCString() }, 3],
])("after %d %s a function's client tries as often as the package's, by the same clock", async (...given) => {
  const [status, type, headers, tries] = given;
  stage.answers({ status, headers, body: { __type: type } });
  const [name, client, command, input] = clients[0];
  const [ofWhole, ofSlim] = await stage.both(name, async (sdk) => {
    const { requests } = await stage.outcomeOf(sdk, client, command, input, 3);
    return requests.map(({ headers: { "x-amz-date": signed } }) => String(signed).slice(0, 11));
  });
  expect(ofSlim).toEqual(ofWhole);
  expect(ofSlim).toHaveLength(tries);
});

test("a client without a region says so", async () => {
  const { AWS_REGION = "" } = process.env;
  delete process.env["AWS_REGION"];
  process.env["AWS_EC2_METADATA_DISABLED"] = "true";
  const problems = await stage.both("secrets-manager", async ({ SecretsManagerClient: ClientClass = Object }) => {
    const { config } = new ClientClass({}) as { config: { region(): Promise<string> } };
    return config.region().catch((error: unknown) => (error as Error).message);
  });
  delete process.env["AWS_EC2_METADATA_DISABLED"];
  if (AWS_REGION !== "") process.env["AWS_REGION"] = AWS_REGION;
  expect(problems).toEqual(["Region is missing", "Region is missing"]);
});
