import { readFile } from "node:fs/promises";
import type { RekeyError } from "../../errors/reading-error.ts";
import type { KeyProvider } from "./key-provider.ts";
import { exchanged } from "./exchanged.ts";
import { keysIn, keysMissing } from "./keys-in.ts";

const ecs = "http://169.254.170.2";
/** Where the token may be sent without TLS: to the machine itself, ECS's endpoint and those of EKS's Pod Identity agent. */
const plainHosts = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

const operation = "read a container's credentials";
const refused = (problem: string): RekeyError => keysMissing(operation, { problem });

function addressOf(relative: string | undefined, full: string | undefined): URL | undefined {
  const text = relative ? `${ecs}${relative}` : full;
  if (!text) return undefined;
  if (!URL.canParse(text)) throw refused("no address");
  const url = new URL(text);
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && plainHosts.test(url.hostname));
  if (!isSafe) throw refused("neither https nor a container's own host");
  return url;
}

/**
 * By ECS's and EKS Pod Identity's endpoint, as "Container credential provider" in the AWS SDKs' reference has it:
 * `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, `AWS_CONTAINER_CREDENTIALS_FULL_URI`, `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`
 * and `AWS_CONTAINER_AUTHORIZATION_TOKEN`.
 */
export const containerKeys: KeyProvider = async (variables, signal) => {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = variables;
  const url = addressOf(relative, full);
  if (url === undefined) return undefined;
  const file = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  // EKS replaces the file before the token ends.
  const token = file
    ? await readFile(file, "utf8").catch(() => {
        throw refused("the file of the token cannot be read");
      })
    : variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
  if (token !== undefined && /[\r\n]/.test(token.trim())) throw refused("the token has more than one line");
  const headers = token === undefined ? {} : { authorization: token.trim() };
  const answer = await exchanged({ method: "GET", url, headers, signal }).catch(() => undefined);
  if (answer === undefined) throw refused("no answer");
  return keysIn(answer, operation);
};
