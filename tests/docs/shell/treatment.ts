import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../fenced-blocks.ts";

/** What becomes of a command line in the pages. */
export type Treatment =
  /** Run as it stands. `more` says where what it speaks to is, which a reader's surroundings would say. */
  | { readonly how: "run"; readonly program: string; readonly more?: readonly string[] }
  /** Only understood: the real program reads its words, with `words` put in, and acts on nothing. */
  | { readonly how: "parse"; readonly program: string; readonly words: readonly string[]; readonly reason: string }
  /** Run by something else, whose file has `text` in it. */
  | { readonly how: "elsewhere"; readonly file: string; readonly text: string }
  /** Not run or parsed by anything. */
  | { readonly how: "never"; readonly reason: string };

/** What the local stack answers; any other service answers nothing, so that only the words are checked. */
const localServices = new Set(["secretsmanager", "events", "sqs", "sns", "lambda", "dynamodb"]);
const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

const inCi = (text: string): Treatment => ({ how: "elsewhere", file: ".ci/run", text });

function npm(words: readonly string[]): Treatment {
  const [command = "", ...rest] = words;
  if (command === "ci" || command === "test") return inCi('on_a_bare_machine "npm ci && npm test"');
  const script = rest.find((word) => !word.startsWith("-")) ?? "";
  if (command !== "run" || scripts[script] === undefined)
    throw new Error(`no such command of npm's: ${words.join(" ")}`);
  if (script === "demo") return inCi('on_a_bare_machine "npm ci && npm run demo"');
  if (script === "chaos") return inCi("npm run --silent chaos");
  // What npm test runs first.
  if (script === "build") return inCi('on_a_bare_machine "npm ci && npm test"');
  return { how: "run", program: "npm" };
}

function rekey(words: readonly string[]): Treatment {
  if (words[0] === "migrate-mirror") {
    return { how: "elsewhere", file: "cli/commands/migrate-mirror/run.test.ts", text: '"migrate-mirror",' }; // It wants three Vaults.
  }
  if (words.includes("--take-over")) {
    return { how: "elsewhere", file: "cli/commands/mirror/run.test.ts", text: '"--take-over"' }; // It wants a Vault and a foreign key there.
  }
  if (words[0] === "console") {
    return { how: "elsewhere", file: "tests/console/console-stage.ts", text: 'spawnRekeyWith(more, "console")' };
  }
  if (words[0] === "smoke-test") {
    return { how: "elsewhere", file: "cli/commands/smoke-test/run.test.ts", text: '"smoke-test", ...words' }; // It wants CloudFormation.
  }
  if (words[0] === "certify-engine") {
    return { how: "elsewhere", file: "cli/commands/certify-engine/run.test.ts", text: '"certify-engine", "--secret"' }; // It wants a server.
  }
  if (words[0] !== "invoke") return { how: "run", program: "rekey" };
  // With the variables of the function, which a reader has set.
  return { how: "elsewhere", file: "tests/deployable/samples.test.ts", text: '["cli/main.ts", "invoke", name, file]' };
}

function vault(words: readonly string[]): Treatment {
  const database = words.some((word) => word === "database" || word.startsWith("database/"));
  if (!database) return { how: "run", program: "vault" };
  const at = words.findIndex((word) => word.startsWith("database"));
  return {
    how: "parse",
    program: "vault",
    words: [...words.slice(0, at), "-output-curl-string", ...words.slice(at)],
    reason: "the local Vault has no databases; tests/engines/vault-static-role.test.ts sets this up on a real server",
  };
}

function aws(words: readonly string[]): Treatment {
  const at = localServices.has(words[0] ?? "") ? "REKEY_DOCS_LOCAL_AWS" : "REKEY_DOCS_SILENT_AWS";
  return { how: "run", program: "aws", more: ["--endpoint-url", process.env[at] ?? ""] };
}

const treatments: Readonly<Record<string, (words: readonly string[]) => Treatment>> = {
  aws,
  jq: () => ({
    how: "never",
    reason: "it filters what kubectl prints; tests/adapters/kubernetes-refresh.test.ts plays the handover",
  }),
  kubectl: () => ({
    how: "never",
    reason:
      "no package registry has it; tests/adapters/kubernetes-rights.test.ts applies the manifests to a real API server",
  }),
  node: () => ({ how: "run", program: "node" }),
  npm,
  "redis-cli": () => ({ how: "run", program: "redis-cli" }),
  rekey,
  sam: (words) => ({
    how: "parse",
    program: "sam",
    words: [...words, "--help"],
    reason: "tests/deployable/sam-deploy.test.ts deploys the template to an emulator",
  }),
  terraform: () => ({
    how: "never",
    reason:
      "AWS's provider is in no package registry; tests/deployable/cdk-and-terraform.test.ts deploys what the module plans",
  }),
  vault,
};

/** Every program that a page may name. */
export const programs = Object.keys(treatments);

/** Throws for a command that nobody has thought about. */
export function treatmentOf(program: string, words: readonly string[]): Treatment {
  const treatment = treatments[program];
  if (treatment === undefined) throw new Error(`no page may name ${program} before tests/docs/shell knows it`);
  return treatment(words);
}
