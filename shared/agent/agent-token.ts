import { readFile, stat } from "node:fs/promises";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";

/** In the order in which AWS's agent looks at them. */
const variables = ["AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"] as const;
const fileScheme = "file://";

const refused = (option: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, hint });

async function tokenInFile(option: string, path: string): Promise<string> {
  const failed = (): never => {
    throw refused(option, "the file cannot be read");
  };
  const { mode } = await stat(path).catch(failed);
  if ((mode & 0o027) !== 0) {
    throw refused(
      option,
      "others than the file's owner and group may use it, or the group may write it",
      "chmod 0440 the file; for a Kubernetes secret, defaultMode: 0440",
    );
  }
  return readFile(path, "utf8").catch(failed);
}

/**
 * The token that callers must show: the first of AWS_TOKEN, AWS_SESSION_TOKEN and AWS_CONTAINER_AUTHORIZATION_TOKEN that is
 * set, itself or, as `file:///path`, what is in the file. Errors: `option-invalid`.
 */
export async function agentToken(environment: Readonly<Record<string, string | undefined>>): Promise<SecretValue> {
  const option = variables.find((name) => (environment[name] ?? "") !== "");
  if (option === undefined) {
    throw refused("AWS_TOKEN", "not set", "set it to a random token, or to file:///path of one; callers show it");
  }
  const said = environment[option] ?? "";
  const token = (said.startsWith(fileScheme) ? await tokenInFile(option, said.slice(fileScheme.length)) : said).trim();
  if (token === "") throw refused(option, "empty");
  return new SecretValue(token);
}
