import { readFileSync } from "node:fs";
import { at, rawRequest } from "./vault-http.ts";

interface Vector {
  readonly id: string;
  readonly title: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly expect: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
    readonly body_not_compared?: boolean;
  };
  readonly save?: Readonly<Record<string, string>>;
}

const file = new URL("../conformance/vectors/vault.json", import.meta.url);
const recorded: { readonly vectors: readonly Vector[] } = JSON.parse(readFileSync(file, "utf8"));

/** Requests and answers in order, recorded on OpenBao 2.7.2. */
export const vaultVectors: readonly Vector[] = recorded.vectors;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const markers: Readonly<Record<string, (value: unknown) => boolean>> = {
  "@uuid": (value) => typeof value === "string" && uuid.test(value),
  "@time": (value) => typeof value === "string" && time.test(value),
  "@int": (value) => Number.isInteger(value) && Number(value) > 0,
  "@string": (value) => typeof value === "string" && value !== "",
  "@token": (value) => typeof value === "string" && value.length >= 8,
  "@any": () => true,
};

/** Where `actual` differs from what was recorded; members that were not recorded are free. */
function difference(expected: unknown, actual: unknown, place: string): string | undefined {
  const marker = typeof expected === "string" ? markers[expected] : undefined;
  const same = marker === undefined ? expected === actual : marker(actual);
  if (typeof expected !== "object" || expected === null) {
    return same ? undefined : `${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  }
  if (typeof actual !== "object" || actual === null)
    return `${place}: expected an object, got ${JSON.stringify(actual)}`;
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) {
    return `${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  }
  for (const [key, value] of Object.entries(expected)) {
    const inner = difference(value, at(actual, key), `${place}.${key}`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function filled<T>(value: T, variables: ReadonlyMap<string, string>): T {
  const text = JSON.stringify(value).replace(/\$\{(\w+)\}/g, (_, name: string) => variables.get(name) ?? `\${${name}}`);
  return JSON.parse(text);
}

/** Replays every vector; the problem of each by its id, `undefined` for one that passes. */
export async function replayVaultVectors(vault: {
  readonly address: string;
  readonly rootToken: string;
}): Promise<ReadonlyMap<string, string | undefined>> {
  const variables = new Map([["root", vault.rootToken]]);
  for (const name of ["kv", "kv1", "ar", "pol", "q"]) variables.set(name, `${name}-vectors`);
  const outcomes = new Map<string, string | undefined>();
  for (const vector of vaultVectors) {
    const answer = await rawRequest(vault.address, filled(vector.request, variables));
    const expected = filled(vector.expect, variables);
    for (const [name, place] of Object.entries(vector.save ?? {})) {
      const value = at(answer.body, ...place.split("."));
      if (typeof value === "string") variables.set(name, value);
    }
    const body = expected.body ?? undefined;
    const status = difference(expected.status, answer.status, "status");
    const headers = answer.status === 204 ? undefined : difference(expected.headers ?? {}, answer.headers, "headers");
    const content = expected.body_not_compared === true ? undefined : difference(body, answer.body, "body");
    outcomes.set(vector.id, status ?? content ?? headers);
  }
  return outcomes;
}
