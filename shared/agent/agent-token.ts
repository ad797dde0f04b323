import { readFile, stat } from "node:fs/promises";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";

/** In the order in which AWS's agent looks at them. */
const usualVariables = ["AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"] as const;
/** `file:///path` as AWS's agent takes it, and the other spellings of the same URL. */
const fileScheme = /^file:(?:\/\/(?:localhost(?=\/))?)?/i;
/** Longer than any token: a session's has up to 4 KB. */
const mostBytes = 65_536;
/** What a header can carry. */
const isSendable = (token: string): boolean => /^[\x20-\x7e]+$/.test(token);

const refused = (option: string, problem: string, hint?: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, hint });

async function tokenInFile(option: string, path: string): Promise<string> {
  const failed = (): never => {
    throw refused(option, "the file cannot be read");
  };
  // Through links, as Kubernetes mounts its files.
  const found = await stat(path).catch(failed);
  const { mode, size } = found;
  // Reading a pipe or a device might never end.
  if (!found.isFile() || size > mostBytes) throw refused(option, "it is no file of at most 64 KB");
  if ((mode & 0o027) !== 0) {
    throw refused(
      option,
      "others than the file's owner and group may use it, or the group may write it",
      "chmod 0440 the file; for a Kubernetes secret, defaultMode: 0440",
    );
  }
  return readFile(path, "utf8").catch(failed);
}

/** The path, where the text names a file: by its URL, or by its absolute path where that is a file. */
async function namedFile(text: string): Promise<string | undefined> {
  const scheme = fileScheme.exec(text)?.[0];
  if (scheme !== undefined) return text.slice(scheme.length);
  if (!text.startsWith("/")) return undefined;
  // A random token in Base64 may begin with a slash.
  const isFile = await stat(text).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? text : undefined;
}

/**
 * The token that callers must show: the first of the variables that is set (default: AWS_TOKEN, AWS_SESSION_TOKEN and
 * AWS_CONTAINER_AUTHORIZATION_TOKEN), itself or, as `file:///path`, what is in the file, without the space around it. Read once, as AWS's agent does. Errors:
 * `option-invalid`.
 */
export async function agentToken(
  environment: Readonly<Record<string, string | undefined>>,
  variables: readonly string[] = usualVariables,
): Promise<SecretValue> {
  const option = variables.find((name) => (environment[name] ?? "") !== "");
  if (option === undefined) {
    throw refused(
      variables[0] ?? "AWS_TOKEN",
      "not set",
      "set it to a random token, or to file:///path of one; callers show it",
    );
  }
  const said = (environment[option] ?? "").trim();
  const file = await namedFile(said);
  // A byte order mark counts as space here.
  const token = file === undefined ? said : (await tokenInFile(option, file)).trim();
  if (token === "") throw refused(option, "empty");
  if (!isSendable(token)) throw refused(option, "it has characters that no HTTP header can carry, such as a line end");
  return new SecretValue(token);
}
