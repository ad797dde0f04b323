import { readFile, stat } from "node:fs/promises";
import { RekeyError } from "../../errors/reading-error.ts";
import type { ExpiringKeys } from "./key-provider.ts";

/** Twice the time for which keys are used before they are read again. */
const servedMs = 10 * 60_000;
const mostBytes = 65_536;

const refused = (problem: string, hint?: string): RekeyError =>
  new RekeyError("credentials-missing", { context: { operation: "read the credentials file", problem }, hint });

/** The settings of a profile, as the AWS SDKs' shared credentials file has them: `name = value` lines below `[profile]`. */
function profileIn(text: string, profile: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  let isIn = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (section !== undefined) isIn = section.trim() === profile;
    const [, name, value] = /^\s*([^#;=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isIn && name !== undefined && value !== undefined) settings.set(name.toLowerCase(), value);
  }
  return settings;
}

/**
 * Reads temporary keys of the profile `default` from a file that somebody else renews, as AWS's Workload Credentials Provider
 * does: keys without a session token are refused, so that no IAM user's keys lie there. Errors: `credentials-missing`.
 */
export async function fileKeys(path: string, nowMs: () => number = Date.now): Promise<ExpiringKeys> {
  const failed = (): never => {
    throw refused("the file cannot be read", "write it, readable for the agent's user");
  };
  const found = await stat(path).catch(failed);
  if (!found.isFile() || found.size > mostBytes) throw refused("it is no file of at most 64 KB");
  if ((found.mode & 0o027) !== 0) {
    throw refused(
      "others than the file's owner and group may use it, or the group may write it",
      "chmod 0600 the file",
    );
  }
  const settings = profileIn(await readFile(path, "utf8").catch(failed), "default");
  const accessKeyId = settings.get("aws_access_key_id");
  const secretAccessKey = settings.get("aws_secret_access_key");
  const sessionToken = settings.get("aws_session_token");
  if (!accessKeyId || !secretAccessKey) throw refused("no keys below [default]");
  if (!sessionToken)
    throw refused("the keys have no aws_session_token", "give temporary keys, not those of an IAM user");
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs: nowMs() + servedMs };
}
