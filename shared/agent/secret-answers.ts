import { isRekeyError, type RekeyError } from "../errors/rekey-error.ts";
import type { SecretClient } from "../client/secret-client.ts";
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

export interface SecretAnswers {
  /** What is answered without waiting. */
  now(query: SecretQuery): Answer | undefined;
  /** Settles always: a failure is a `Reply`. */
  soon(query: SecretQuery): Promise<Answer | Reply>;
}

/** Answers from a client whose source gives documents. */
export function secretAnswers(client: SecretClient): SecretAnswers {
  async function bearsLabel({ secretId, choice, mustBear }: SecretQuery): Promise<boolean> {
    if (mustBear === undefined || choice === undefined || !("versionId" in choice)) return true;
    const stage = { stage: mustBear };
    const isIt = ({ versionId }: { readonly versionId: string }): boolean => versionId === choice.versionId;
    return isIt(await client.get(secretId, stage)) || isIt(await client.refresh(secretId, stage));
  }

  /** What failed may pass, and AWS's agent answers from its cache then, too. */
  async function refreshed({ secretId, choice }: SecretQuery): Promise<Answer> {
    try {
      return { document: (await client.refresh(secretId, choice)).value.reveal(), outcome: "refresh" };
    } catch (error) {
      const held = client.peek(secretId, choice);
      if (held === undefined || !isRekeyError(error) || error.disposition !== "retry") throw error;
      return { document: held.value.reveal(), outcome: "hit" };
    }
  }

  async function asked(query: SecretQuery): Promise<Answer | Reply> {
    if (!(await bearsLabel(query))) return notAssociated;
    if (query.refreshNow) return refreshed(query);
    return { document: (await client.get(query.secretId, query.choice)).value.reveal(), outcome: "miss" };
  }

  return {
    now({ secretId, choice, mustBear, refreshNow }) {
      if (refreshNow || mustBear !== undefined) return undefined;
      const held = client.peek(secretId, choice);
      return held === undefined ? undefined : { document: held.value.reveal(), outcome: "hit" };
    },
    // A client's get rejects with nothing but its own errors.
    soon: async (query) => asked(query).catch((error: RekeyError) => failure(error)),
  };
}
