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

async function replay(endpoint: string, step: Step, variables: Map<string, string>): Promise<string | undefined> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `secretsmanager.${step.op}`,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${String(fill(step.region ?? "${region}", variables))}/secretsmanager/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: step.raw ?? JSON.stringify(fill(step.input ?? {}, variables)),
  });
  const text = await response.text();
  const body: unknown = text.startsWith("{") ? JSON.parse(text) : text;
  for (const [name, field] of Object.entries(step.save ?? {})) {
    const saved = member(body, typeof field === "string" ? field : field.path);
    const value = typeof field === "string" ? saved : new RegExp(field.regex).exec(String(saved))?.[1];
    if (typeof value === "string") variables.set(name, value);
  }
  const { status, type, message, headers, absent = [] } = step.expect;
  if (response.status !== status) return `status ${response.status}, expected ${status}: ${text.slice(0, 200)}`;
  const rawType = member(body, "__type");
  const actualType = typeof rawType === "string" ? (rawType.split("#").at(-1)?.split(":")[0] ?? "") : "";
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

/** Replays recorded scenarios of the Secrets Manager protocol against an endpoint, each under names of its own. */
export async function replaySecretsManagerVectors(options: {
  readonly endpoint: string;
  readonly lambdaArn: string;
  readonly scenarios: readonly string[];
}): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const { id, steps } of vectors.scenarios.filter((scenario) => options.scenarios.includes(scenario.id))) {
    const safe = `v-${id}-${randomUUID().slice(0, 8)}x`;
    const variables = new Map([
      ["n", safe],
      ["n:safe", safe],
      ["region", "us-east-1"],
      ["region2", "eu-west-1"],
      ["lambda_arn", options.lambdaArn],
    ]);
    for (const step of steps) {
      const problem = await replay(options.endpoint, step, variables);
      results.push({ scenario: id, step: `${step.id}${step.title === undefined ? "" : ` (${step.title})`}`, problem });
    }
  }
  return results;
}
