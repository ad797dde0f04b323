import { VaultRefusal } from "./exchange.ts";
import { isMembers } from "../../shared/answers/members.ts";

export type Capability = "create" | "read" | "update" | "patch" | "delete" | "list" | "sudo" | "deny";

export interface PolicyRule {
  /** A path, or a prefix that ends in `*`; `+` stands for one whole segment. */
  readonly path: string;
  readonly capabilities: readonly Capability[];
}

const capabilities: readonly Capability[] = ["create", "read", "update", "patch", "delete", "list", "sudo", "deny"];

/** What the older `policy = "read"` stands for. */
const shorthands: ReadonlyMap<unknown, readonly Capability[]> = new Map<unknown, readonly Capability[]>([
  ["deny", ["deny"]],
  ["read", ["read", "list"]],
  ["write", ["create", "read", "update", "delete", "list"]],
  ["sudo", ["create", "read", "update", "delete", "list", "sudo"]],
]);

const refuse = (problem: string): VaultRefusal => new VaultRefusal(400, `failed to parse policy: ${problem}`);

function rule(path: string, body: unknown): PolicyRule {
  if (!isMembers(body)) throw refuse(`path "${path}": an object is expected`);
  if (path.includes("+*")) throw refuse(`path "${path}": invalid use of wildcards ('+*' is forbidden)`);
  const { capabilities: named = [], policy, ...others } = body;
  const unserved = Object.keys(others)[0];
  if (unserved !== undefined) throw refuse(`path "${path}": invalid or unserved key "${unserved}"`);
  const asked: readonly unknown[] = Array.isArray(named) ? named : [];
  const known = asked.map((name) => {
    const capability = capabilities.find((candidate) => candidate === name);
    if (capability === undefined) throw refuse(`path "${path}": invalid capability "${String(name)}"`);
    return capability;
  });
  const shorthand = policy === undefined ? [] : shorthands.get(policy);
  if (shorthand === undefined) throw refuse(`path "${path}": invalid policy`);
  return { path: path.replace(/^\//, ""), capabilities: [...known, ...shorthand] };
}

const lexeme = /\s+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/|("(?:[^"\\]|\\.)*")|([A-Za-z_][\w-]*|true|false|\d+)|([[\]{}=,])/y;

function lexemes(text: string): string[] {
  const found: string[] = [];
  lexeme.lastIndex = 0;
  while (lexeme.lastIndex < text.length) {
    const at = lexeme.lastIndex;
    const match = lexeme.exec(text);
    if (match === null) throw refuse(`illegal character at ${at}`);
    const item = match[1] ?? match[2] ?? match[3];
    if (item !== undefined) found.push(item);
  }
  return found;
}

/** The part of HCL that policies are written in: `path "p" { capabilities = ["read"] }`, any number of them. */
function parseHcl(text: string): PolicyRule[] {
  const items = lexemes(text);
  let at = 0;
  const take = (expected?: string): string => {
    const item = items[at++];
    if (item === undefined) throw refuse("object expected closing RBRACE got: EOF");
    if (expected !== undefined && item !== expected) throw refuse(`expected ${expected}, got ${item}`);
    return item;
  };
  const quoted = (item: string): string => {
    const value: unknown = item.startsWith('"') ? JSON.parse(item) : undefined;
    if (typeof value !== "string") throw refuse(`a string is expected, got ${item}`);
    return value;
  };
  const list = (): string[] => {
    const values: string[] = [];
    for (let item = take(); item !== "]"; item = take()) if (item !== ",") values.push(quoted(item));
    return values;
  };
  const rules: PolicyRule[] = [];
  while (at < items.length) {
    const keyword = take();
    if (keyword === "name") {
      take("=");
      quoted(take());
      continue;
    }
    if (keyword !== "path") throw refuse(`invalid key "${keyword}"`);
    const path = quoted(take());
    take("{");
    const body: Record<string, unknown> = {};
    for (let key = take(); key !== "}"; key = take()) {
      take("=");
      const value = take();
      body[key.startsWith('"') ? quoted(key) : key] = value === "[" ? list() : quoted(value);
    }
    rules.push(rule(path, body));
  }
  return rules;
}

function parseJson(document: unknown): PolicyRule[] {
  const paths = isMembers(document) ? document["path"] : undefined;
  const blocks: readonly unknown[] = Array.isArray(paths) ? paths : [paths];
  return blocks.flatMap((block) => {
    if (!isMembers(block)) throw refuse('the key "path" is expected');
    return Object.entries(block).map(([path, body]) => rule(path, body));
  });
}

/** A policy in HCL or in JSON. What it asks for and this server would not heed is refused, never ignored. */
export function parsePolicy(text: string): readonly PolicyRule[] {
  if (!text.trimStart().startsWith("{")) return parseHcl(text);
  try {
    return parseJson(JSON.parse(text));
  } catch (error) {
    if (error instanceof VaultRefusal) throw error;
    throw refuse("not JSON");
  }
}
