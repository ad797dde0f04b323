import { type Node, parseSync, Visitor } from "oxc-parser";

/** IAM's prefix of a client's calls. */
const prefixes: Readonly<Record<string, string>> = {
  dynamodb: "dynamodb",
  elasticache: "elasticache",
  eventbridge: "events",
  iam: "iam",
  lambda: "lambda",
  memorydb: "memorydb",
  "secrets-manager": "secretsmanager",
  sns: "sns",
  sqs: "sqs",
  sts: "sts",
};

/** Everybody may ask it; here a secret's own key does. */
const needsNoRight = "sts:GetCallerIdentity";

/** IAM's name of a call, where it has another than the API. */
const renamed: Readonly<Record<string, string>> = { "lambda:Invoke": "lambda:InvokeFunction" };

export interface Source {
  readonly file: string;
  readonly text: string;
}

/** IAM's action of each command that a file imports from the AWS SDK. Errors: a client whose prefix is not known. */
function actionsIn({ file, text }: Source): ReadonlyMap<string, string> {
  const imported = parseSync(file, text).module.staticImports.flatMap(({ moduleRequest, entries }) => {
    const client = /^@aws-sdk\/client-(.+)$/u.exec(moduleRequest.value)?.[1];
    if (client === undefined) return [];
    const prefix = prefixes[client];
    if (prefix === undefined) throw new Error(`${file}: what is IAM's prefix of ${client}?`);
    return entries.flatMap(({ localName: { value } }) => {
      const [, name] = /^(\w+)Command$/u.exec(value) ?? [];
      return name === undefined ? [] : [[value, renamed[`${prefix}:${name}`] ?? `${prefix}:${name}`] as const];
    });
  });
  return new Map(imported);
}

const holdsFunctions: ReadonlySet<string> = new Set([
  "ArrowFunctionExpression",
  "FunctionExpression",
  "CallExpression",
]);

/** All names that stand in each of a file's named functions, also those that a call makes: its methods, and what they share. */
function namesByFunction({ file, text }: Source): ReadonlyMap<string, ReadonlySet<string>> {
  const byFunction = new Map<string, Set<string>>();
  const open: Set<string>[] = [];
  const isNamed = (key: Node, value: Node | null): key is Node & { readonly name: string } =>
    key.type === "Identifier" && holdsFunctions.has(value?.type ?? "");
  const enter = (key: Node, value: Node | null): void => {
    if (!isNamed(key, value)) return;
    const names = new Set<string>();
    byFunction.set(key.name, names);
    open.push(names);
  };
  const leave = (key: Node, value: Node | null): void => void (isNamed(key, value) && open.pop());
  new Visitor({
    Property: ({ key, value }) => enter(key, value),
    "Property:exit": ({ key, value }) => leave(key, value),
    VariableDeclarator: ({ id, init }) => enter(id, init),
    "VariableDeclarator:exit": ({ id, init }) => leave(id, init),
    Identifier: ({ name }) => {
      for (const names of open) names.add(name);
    },
  }).visit(parseSync(file, text).program);
  return byFunction;
}

/** A call that is signed by hand, for a service without a client. */
function signedByHand({ text }: Source): readonly string[] {
  const [, service] = /\bservice: "(\w+)"/u.exec(text) ?? [];
  const [, action] = /\bAction: "(\w+)"/u.exec(text) ?? [];
  return service === undefined || action === undefined ? [] : [`${service}:${action}`];
}

/** The names in a function and in those of the same file that it mentions. */
function namesFrom(
  start: string,
  byFunction: ReturnType<typeof namesByFunction>,
  seen = new Set<string>(),
): Set<string> {
  for (const name of byFunction.get(start) ?? []) {
    if (seen.has(name)) continue;
    seen.add(name);
    namesFrom(name, byFunction, seen);
  }
  return seen;
}

/** The one adapter that every function has whole, though each calls only some of its methods. */
const isStore = ({ file }: Source): boolean => file.endsWith("shared/aws/secrets-manager/secret-store.ts");

/**
 * IAM's actions of the SDK calls that these files, everything of rekey's own in a bundle, can make: of each command that is
 * constructed, and of the store's only those of the methods that another file calls on a `store`.
 */
export function sdkCalls(sources: readonly Source[]): ReadonlySet<string> {
  const outside = sources.filter((source) => !isStore(source)).map(({ text }) => text);
  const called = outside.flatMap((text) => [...text.matchAll(/\bstore\.(\w+)\(/gu)].map(([, method = ""]) => method));
  const constructed = (source: Source): Iterable<string> => {
    if (!isStore(source)) return [...source.text.matchAll(/\bnew (\w+)\(/gu)].map(([, name = ""]) => name);
    const byFunction = namesByFunction(source);
    return called.flatMap((method) => [...namesFrom(method, byFunction)]);
  };
  return new Set(
    sources.flatMap((source) => {
      const actions = actionsIn(source);
      const calls = [...[...constructed(source)].flatMap((name) => actions.get(name) ?? []), ...signedByHand(source)];
      return calls.filter((action) => action !== needsNoRight);
    }),
  );
}
