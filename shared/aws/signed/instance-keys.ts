import type { ErrorContext, RekeyError } from "../../errors/reading-error.ts";
import type { KeyProvider } from "./key-provider.ts";
import { type Answer, exchanged, type Request } from "./exchanged.ts";
import { keysIn, keysMissing } from "./keys-in.ts";

const operation = "read the instance's credentials";
const hosts = { IPv4: "http://169.254.169.254", IPv6: "http://[fd00:ec2::254]" };
const rolePath = "/latest/meta-data/iam/security-credentials/";
const tries = 3;
/** The endpoint is on the machine itself, or not there at all. */
const tryMs = 1_000;

const missing = (more: ErrorContext): RekeyError => keysMissing(operation, more);

async function ask(request: Omit<Request, "signal">, signal: AbortSignal): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const within = AbortSignal.any([signal, AbortSignal.timeout(tryMs)]);
    const answer = await exchanged({ ...request, signal: within }).catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer;
    if (attempt === tries || signal.aborted) throw missing({ status: answer?.status });
  }
}

/**
 * An EC2 instance's role by IMDSv2, as "Use IMDS to access instance metadata" in EC2's user guide has it; not where
 * `AWS_EC2_METADATA_DISABLED` is `true`. Version 1, which answers without a token, is not asked.
 */
export const instanceKeys: KeyProvider = async (variables, signal) => {
  if (variables["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return undefined;
  const isIpv6 = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.toLowerCase() === "ipv6";
  const base = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || hosts[isIpv6 ? "IPv6" : "IPv4"];
  if (!URL.canParse(base)) throw missing({ problem: "no address" });
  const at = (path: string): URL => new URL(path, base);
  const ttl = { "x-aws-ec2-metadata-token-ttl-seconds": "21600" };
  const session = await ask({ method: "PUT", url: at("/latest/api/token"), headers: ttl }, signal);
  const token = session.text.trim();
  if (session.status !== 200 || /[^\x21-\x7e]/.test(token)) throw missing({ status: session.status });
  const headers = { "x-aws-ec2-metadata-token": token };
  const roles = await ask({ method: "GET", url: at(rolePath), headers }, signal);
  const [role = ""] = roles.text.trim().split("\n");
  if (roles.status !== 200 || role === "") throw missing({ problem: "no role", status: roles.status });
  const url = at(`${rolePath}${encodeURIComponent(role)}`);
  return keysIn(await ask({ method: "GET", url, headers }, signal), operation);
};
