import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { RotationDependencies } from "../../rotation/dependencies.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseEngine, DatabaseTarget, LoginRefusal } from "../../ports/database-engine.ts";
import {
  describeIfExists,
  isRotationUnderWay,
  type SecretDescription,
  type SecretStore,
  versionWithLabel,
} from "../../ports/secret-store.ts";
import type { EventPublisher } from "../../ports/event-publisher.ts";
import { targetsOf } from "../../rotation/database-targets.ts";
import { rotationFacts } from "../../rotation/rotation-facts.ts";
import { type DatabaseSecret, parseDatabaseSecret } from "../../secrets/database-secret.ts";

/** The part of an engine that changes nothing. */
export type LoginPort = Pick<DatabaseEngine, "defaultDatabase" | "defaultPort" | "login" | "names">;

export interface LoginChecker extends Pick<RotationDependencies, "tlsCa"> {
  readonly store: Pick<SecretStore, "describe" | "read">;
  readonly publisher: EventPublisher;
  readonly engines: readonly LoginPort[];
}

/**
 * `works`: every server took AWSCURRENT. `refused`: one did not, which was published. `rotating`: a rotation is under way, or
 * began meanwhile, so nothing is said. `no-login`: deleted, without a value or a server, rotated by others, or not a credential of an engine that is known.
 */
export type LoginCheck =
  | { readonly outcome: "works" | "rotating" | "no-login" }
  | { readonly outcome: "refused"; readonly versionId: string; readonly host: string; readonly refusal: LoginRefusal };

async function describe(
  { store }: LoginChecker,
  secretArn: string,
  call: CallOptions,
): Promise<SecretDescription | undefined> {
  const description = await describeIfExists(store, secretArn, call);
  const isOthers = description?.deletedAt !== undefined || description?.managedBy !== undefined;
  return isOthers ? undefined : description;
}

function credentialIn(value: Parameters<typeof parseDatabaseSecret>[0]): DatabaseSecret | undefined {
  try {
    return parseDatabaseSecret(value);
  } catch (error) {
    if (isRekeyError(error, "secret-malformed") || isRekeyError(error, "secret-binary")) return undefined;
    throw error;
  }
}

/** Offers the credential once to each server. A server that cannot be asked does not hide that another one refused. */
async function refusalOf(
  { login }: LoginPort,
  targets: readonly DatabaseTarget[],
  credential: DatabaseSecret,
  call: CallOptions,
): Promise<{ readonly host: string; readonly refusal: LoginRefusal } | undefined> {
  const failures: unknown[] = [];
  for (const target of targets) {
    try {
      const answer = await login(target, credential, call);
      if (!answer.ok) return { host: target.host, refusal: answer.refusal };
      await answer.session[Symbol.asyncDispose]();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return undefined;
}

/**
 * Logs in with AWSCURRENT as a service would, once on each server, and closes the connection: nothing else is sent. A refusal
 * is published as the finding `current-refused`, unless a rotation is under way; nothing is repaired. Errors: those of the
 * ports and of the engine's login; `option-invalid` for a tag.
 */
export async function checkLogin(checker: LoginChecker, secretArn: string, call: CallOptions): Promise<LoginCheck> {
  const description = await describe(checker, secretArn, call);
  if (description === undefined) return { outcome: "no-login" };
  if (isRotationUnderWay(description)) return { outcome: "rotating" };
  const current = await checker.store.read(secretArn, { label: "AWSCURRENT" }, call);
  const credential = current === undefined ? undefined : credentialIn(current.value);
  const engine = checker.engines.find(({ names }) => credential !== undefined && names.includes(credential.engine));
  if (current === undefined || credential === undefined || engine === undefined) return { outcome: "no-login" };
  if (credential.host === "") return { outcome: "no-login" };

  const targets = targetsOf({ ...checker, engine }, credential, rotationFacts(description));
  const refused = await refusalOf(engine, targets, credential, call);
  if (refused === undefined) return { outcome: "works" };

  const now = await describe(checker, secretArn, call);
  if (now === undefined) return { outcome: "no-login" };
  if (isRotationUnderWay(now) || versionWithLabel(now, "AWSCURRENT") !== current.versionId) {
    return { outcome: "rotating" };
  }
  const about = { secretArn: now.secretArn, secretName: now.name, versionId: current.versionId };
  await checker.publisher.publish(
    { type: "Secret Finding", ...about, finding: "current-refused", repaired: false },
    call,
  );
  return { outcome: "refused", versionId: current.versionId, ...refused };
}

/** Reads what `reconcile` sends: `{ "checkLogin": "<ARN>" }`. Errors: `event-malformed`. */
export function parseLoginTask(text: string): string {
  try {
    const { checkLogin: secretArn }: Partial<Record<string, unknown>> = { ...JSON.parse(text) };
    if (typeof secretArn === "string" && secretArn.startsWith("arn:")) return secretArn;
  } catch {
    // Not JSON, which is refused below.
  }
  throw new RekeyError("event-malformed", { context: { problem: "not a task of check-login" } });
}
