import { memberAt } from "../../answers/member-at.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { HttpAnswer } from "../../http/exchange.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { isSegment, isSendable } from "../connecting/key-ids.ts";
import type { ApiClient } from "./api-client.ts";
import type { HttpApi, Operation, RequestTemplate } from "./description.ts";
import { refusedBy, unexpected } from "./refusal.ts";

/** What the API lists of a key. */
export interface ListedKey {
  readonly id: string;
  /** Undefined for a key without one, which is somebody else's. */
  readonly label: string | undefined;
}

/** More than an account has by itself, and few enough to look through. */
const mostKeys = 500;

/** A number is an id as it is written. */
function idIn(value: unknown): string | undefined {
  const id = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  return typeof id === "string" && id.length <= 1_024 && isSegment(id) ? id : undefined;
}

/** The keys of an API's account, by its description. */
export interface Keys {
  /** Whether the API takes the client's key. */
  work(call: CallOptions): Promise<boolean>;
  list(call: CallOptions): Promise<readonly ListedKey[]>;
  create(label: string, call: CallOptions): Promise<Credential>;
  /** Idempotent. */
  revoke(id: string, call: CallOptions): Promise<void>;
}

const isDone = ({ status }: HttpAnswer): boolean => status >= 200 && status <= 299;

/**
 * Errors: `credential-refused`, `database-rights-missing`, `option-invalid`, `database-busy`, `database-failed` by what the API
 * answers; `server-misbehaved` for another form; `account-unsupported` for a list that is not whole; those of `boundedRequest`.
 */
export function keysOf(api: HttpApi, client: ApiClient): Keys {
  const { name, create, verify, list, revoke } = api;

  async function ask(
    operation: Operation,
    request: RequestTemplate,
    call: CallOptions,
    texts?: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer> {
    const answer = await client.ask(operation, request, call, texts);
    if (answer !== undefined) return answer;
    throw refusedBy({ status: 401, headers: {}, body: undefined }, name, "token");
  }

  function requireWhole({ body, headers }: HttpAnswer, items: readonly unknown[]): void {
    const next = list.more === undefined ? undefined : memberAt(body, ...list.more);
    const hasMore = (next !== undefined && next !== null && next !== "" && next !== false) || isLinkedToNext(headers);
    if (!hasMore && items.length <= mostKeys) return;
    throw new RekeyError("account-unsupported", {
      context: { api: name, problem: hasMore ? "more keys than one page of the list" : `more than ${mostKeys} keys` },
      hint: "delete keys that nobody uses, ask for a larger page in the path of list, or give the secret an account of its own",
    });
  }

  return {
    async work(call) {
      if (verify === undefined) return client.hasToken(call);
      const answer = await client.ask("verify", verify, call);
      if (answer === undefined || answer.status === 401 || answer.status === 403) return false;
      if (isDone(answer)) return true;
      throw refusedBy(answer, name, "verify");
    },
    async list(call) {
      const answer = await ask("list", list, call);
      if (!isDone(answer)) throw refusedBy(answer, name, "list");
      const items = memberAt(answer.body, ...list.items);
      if (!Array.isArray(items)) throw unexpected(name, "list");
      requireWhole(answer, items);
      return items.map((item: unknown) => {
        const id = idIn(memberAt(item, ...list.id));
        if (id === undefined) throw unexpected(name, "list");
        const label = memberAt(item, ...list.label);
        return { id, label: typeof label === "string" ? label : undefined };
      });
    },
    async create(label, call) {
      const answer = await ask("create", create, call, { label });
      if (!isDone(answer)) throw refusedBy(answer, name, "create");
      const id = idIn(memberAt(answer.body, ...create.id));
      const key = memberAt(answer.body, ...create.key);
      const isKey = typeof key === "string" && key !== "" && key.length <= 4_096 && isSendable(key);
      if (id === undefined || !isKey) throw unexpected(name, "create");
      return { username: id, password: new SecretValue(key) };
    },
    async revoke(id, call) {
      const answer = await ask("revoke", revoke, call, { id });
      if (!isDone(answer) && answer.status !== 404 && answer.status !== 410) throw refusedBy(answer, name, "revoke");
    },
  };
}

/** As RFC 8288 says that there is a further page. */
const isLinkedToNext = ({ link = "" }: HttpAnswer["headers"]): boolean => /;\s*rel="?next\b/i.test(String(link));
