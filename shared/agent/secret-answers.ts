import { isRekeyError, type RekeyError } from "../errors/rekey-error.ts";
import type { SecretClient } from "../client/secret-client.ts";
import { admission } from "./admission.ts";
import { failure, type Reply } from "./reply.ts";
import type { SecretQuery } from "./secret-query.ts";

export interface Answer {
  readonly document: string;
  readonly outcome: "hit" | "miss" | "refresh";
}

const notAssociated: Reply = {
  status: 400,
  contentType: "application/json",
  body: JSON.stringify({
    __type: "InvalidRequestException",
    message: "You provided a VersionStage that is not associated to the provided VersionId.",
  }),
  outcome: "not-associated",
};

const notGranted: Reply = {
  status: 403,
  contentType: "application/json",
  body: JSON.stringify({
    __type: "AccessDeniedException",
    message: "the agent's configuration does not grant this role",
  }),
  outcome: "role-not-granted",
};

/** By whom secrets are read: each role has a client, and so a cache, of its own. */
export interface Readers {
  readonly own: SecretClient;
  /** By the role's ARN: those that may be assumed, and no others. */
  readonly byRole: ReadonlyMap<string, SecretClient>;
}

export interface SecretAnswers {
  /** What is answered without waiting. */
  now(query: SecretQuery): Answer | undefined;
  /** Settles always: a failure is a `Reply`. */
  soon(query: SecretQuery): Promise<Answer | Reply>;
}

/** Answers from clients whose sources give documents. */
export function secretAnswers({ own, byRole }: Readers, newReadsPerSecond: number): SecretAnswers {
  const admitted = admission(newReadsPerSecond);
  /** Those who ask the same thing wait for one answer. */
  const underWay = new Map<string, Promise<Answer | Reply>>();

  const readerOf = ({ roleArn }: SecretQuery): SecretClient | undefined =>
    roleArn === undefined ? own : byRole.get(roleArn);

  async function bearsLabel(client: SecretClient, { secretId, choice, mustBear }: SecretQuery): Promise<boolean> {
    if (mustBear === undefined || choice === undefined || !("versionId" in choice)) return true;
    const stage = { stage: mustBear };
    const isIt = ({ versionId }: { readonly versionId: string }): boolean => versionId === choice.versionId;
    return isIt(await client.get(secretId, stage)) || isIt(await client.refresh(secretId, stage));
  }

  /** What failed may pass, and AWS's agent answers from its cache then, too. */
  async function refreshed(client: SecretClient, { secretId, choice }: SecretQuery): Promise<Answer> {
    try {
      return { document: (await client.refresh(secretId, choice)).value.reveal(), outcome: "refresh" };
    } catch (error) {
      const held = client.peek(secretId, choice);
      if (held === undefined || !isRekeyError(error) || error.disposition !== "retry") throw error;
      return { document: held.value.reveal(), outcome: "hit" };
    }
  }

  async function asked(client: SecretClient, query: SecretQuery): Promise<Answer | Reply> {
    if (!(await bearsLabel(client, query))) return notAssociated;
    if (query.refreshNow) return refreshed(client, query);
    return { document: (await client.get(query.secretId, query.choice)).value.reveal(), outcome: "miss" };
  }

  async function admit(key: string, client: SecretClient, query: SecretQuery): Promise<Answer | Reply> {
    try {
      await admitted.enter(key, query.refreshNow || query.mustBear !== undefined);
      const answer = await asked(client, query);
      if ("document" in answer) admitted.answered(key);
      return answer;
    } catch (error) {
      // A client's get rejects with nothing but its own errors.
      return failure(error as RekeyError);
    } finally {
      underWay.delete(key);
    }
  }

  return {
    now(query) {
      if (query.refreshNow || query.mustBear !== undefined) return undefined;
      const held = readerOf(query)?.peek(query.secretId, query.choice);
      return held === undefined ? undefined : { document: held.value.reveal(), outcome: "hit" };
    },
    async soon(query) {
      const client = readerOf(query);
      if (client === undefined) return notGranted;
      const key = JSON.stringify([query.roleArn, query.secretId, query.choice, query.mustBear, query.refreshNow]);
      const before = underWay.get(key);
      if (before !== undefined) return before;
      const answer = admit(key, client, query);
      underWay.set(key, answer);
      return answer;
    },
  };
}
