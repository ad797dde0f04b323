import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { differenceOf } from "./vector-matching.ts";

interface Step {
  readonly id: string;
  readonly op: string;
  readonly input?: unknown;
  readonly raw?: string;
  /** Another Region than the first. */
  readonly region?: string;
  readonly title?: string;
  readonly save?: Readonly<Record<string, string | { readonly path: string; readonly regex: string }>>;
  readonly expect: {
    readonly status: number;
    readonly type?: string | readonly string[];
    readonly message?: unknown;
    readonly body?: unknown;
    readonly absent?: readonly string[];
    readonly headers?: Readonly<Record<string, unknown>>;
  };
}

interface Scenario {
  readonly id: string;
  readonly steps: readonly Step[];
}

export interface StepResult {
  readonly scenario: string;
  readonly step: string;
  /** `undefined`: it passed. */
  readonly problem: string | undefined;
}

const vectors = JSON.parse(readFileSync(new URL("vectors/secretsmanager.json", import.meta.url), "utf8")) as {
  readonly scenarios: readonly Scenario[];
};

export const scenarioIds: readonly string[] = vectors.scenarios.map(({ id }) => id);

export const vectorCount: number = vectors.scenarios.flatMap(({ steps }) => steps).length;

/** Replaces the `${…}` of a vector: names, tokens, saved values. */
function fill(value: unknown, variables: Map<string, string>): unknown {
  if (typeof value === "string") {
    return value.replace(/\$\{([^}]+)\}/g, (_whole, name: string) => {
      if (name.startsWith("big:")) return "x".repeat(Number(name.slice(4)));
      if (name === "arn:partial") return (variables.get("arn") ?? "").slice(0, -7);
      const known = variables.get(name) ?? (name.startsWith("uuid:") ? randomUUID() : "");
      variables.set(name, known);
      return known;
    });
  }
  if (Array.isArray(value)) return value.map((item: unknown) => fill(item, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [String(fill(key, variables)), fill(item, variables)]),
  );
}

const member = (body: unknown, name: string): unknown =>
  typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;

/** A request on its way; `headers` are in lower case. */
interface UnsignedRequest {
  readonly endpoint: string;
  readonly region: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Returns the headers to send, with the signature among them. */
type Sign = (request: UnsignedRequest) => Promise<Readonly<Record<string, string>>>;

/** Enough for a server that does not check signatures, since the region is in it. */
const pretendToSign: Sign = async ({ headers, region }) => ({
  ...headers,
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/secretsmanager/aws4_request, SignedHeaders=host, Signature=0`,
});

async function replay(
  endpoint: string,
  step: Step,
  variables: Map<string, string>,
  sign: Sign,
): Promise<string | undefined> {
  const region = String(fill(step.region ?? "${region}", variables));
  const unsigned = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `secretsmanager.${step.op}` };
  const content = step.raw ?? JSON.stringify(fill(step.input ?? {}, variables));
  const signed = await sign({ endpoint, region, headers: unsigned, body: content });
  const response = await fetch(endpoint, { method: "POST", headers: signed, body: content });
  const text = await response.text();
  const body: unknown = text.startsWith("{") ? JSON.parse(text) : text;
  for (const [name, field] of Object.entries(step.save ?? {})) {
    const saved = member(body, typeof field === "string" ? field : field.path);
    const value = typeof field === "string" ? saved : new RegExp(field.regex).exec(String(saved))?.[1];
    if (typeof value === "string") variables.set(name, value);
  }
  const { status, type, message, headers, absent = [] } = step.expect;
  if (response.status !== status) return `status ${response.status}, expected ${status}: ${text.slice(0, 200)}`;
  const sentType = member(body, "__type");
  const actualType = typeof sentType === "string" ? (sentType.split("#").at(-1)?.split(":")[0] ?? "") : "";
  if (type !== undefined && ![type].flat().includes(actualType)) return `type ${actualType}, expected ${String(type)}`;
  const present = absent.find((name) => member(body, name) !== undefined);
  if (present !== undefined) return `${present} should be absent`;
  return (
    (message === undefined
      ? undefined
      : differenceOf(fill(message, variables), member(body, "Message") ?? member(body, "message"))) ??
    (headers === undefined ? undefined : differenceOf(headers, Object.fromEntries(response.headers))) ??
    differenceOf(fill(step.expect.body ?? {}, variables), body)
  );
}

/**
 * Replays recorded scenarios, all unless some are named, against an endpoint, each under names of its own. `lambdaArn` is
 * a function that does nothing and may be invoked by Secrets Manager.
 */
export async function replaySecretsManagerVectors(options: {
  readonly endpoint: string;
  readonly lambdaArn: string;
  readonly region?: string;
  readonly scenarios?: readonly string[];
  readonly sign?: Sign;
}): Promise<readonly StepResult[]> {
  const { endpoint, lambdaArn, region = "us-east-1", scenarios = scenarioIds, sign = pretendToSign } = options;
  const results: StepResult[] = [];
  for (const { id, steps } of vectors.scenarios.filter((scenario) => scenarios.includes(scenario.id))) {
    const unique = `${id}-${randomUUID().slice(0, 8)}x`;
    const variables = new Map([
      ["n", `vectors/${unique}`],
      ["n:safe", `vectors-${unique}`],
      ["region", region],
      ["region2", region === "eu-west-1" ? "us-east-1" : "eu-west-1"],
      ["lambda_arn", lambdaArn],
    ]);
    for (const step of steps) {
      const problem = await replay(endpoint, step, variables, sign);
      results.push({ scenario: id, step: `${step.id}${step.title === undefined ? "" : ` (${step.title})`}`, problem });
    }
  }
  return results;
}
