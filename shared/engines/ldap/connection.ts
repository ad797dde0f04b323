import { Attribute, Change, Client, Control, type Entry as DriverEntry, type Filter } from "ldapts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { startTlsTag } from "../../tags/tag-names.ts";
import { cutOnAbort, timeSpent } from "../connecting/cut-on-abort.ts";
import { guardStream, ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { openSocket } from "../connecting/open-socket.ts";
import { brokenConnection } from "../connecting/tls-alerts.ts";
import { answerGuard, type Request, type Result } from "./guard-answers.ts";
import { answerTimeoutMs } from "./limits.ts";
import { startTls } from "./start-tls.ts";

/** One change of one attribute. */
export interface ValueChange {
  readonly operation: "add" | "delete" | "replace";
  readonly values: readonly Buffer[];
}

/** An entry's attributes, by their names in lower case, and its name, `dn`. */
export type Entry = ReadonlyMap<string, readonly Buffer[]>;

/** What one kind of LDAP server does in its own way. */
export interface Dialect {
  /** Sent with a login and each change; a server that does not know one goes on without it. */
  readonly controls: readonly string[];
  readonly resultError: (result: Result, operation: string) => RekeyError;
}

/** One connection, and one request at a time on it; every wait ends with the call's signal, or after some seconds, by cutting the socket. */
export interface Connection {
  readonly bind: (credential: Credential, call: CallOptions) => Promise<Result>;
  /** These attributes of the entry itself; `undefined` where the session sees no such entry. Errors: those of `resultError`. */
  readonly read: (dn: string, attributes: readonly string[], call: CallOptions) => Promise<Entry | undefined>;
  /** The entries at or below this one that the filter holds for: two where there are more. Errors: those of `resultError`. */
  readonly find: (
    base: string,
    filter: Filter,
    attributes: readonly string[],
    call: CallOptions,
  ) => Promise<readonly Entry[]>;
  readonly add: (
    dn: string,
    attributes: Readonly<Record<string, readonly Buffer[]>>,
    call: CallOptions,
  ) => Promise<Result>;
  /** Changes values of one attribute in one step, whole or not at all. */
  readonly modify: (
    dn: string,
    attribute: string,
    changes: readonly ValueChange[],
    call: CallOptions,
    condition?: Control,
  ) => Promise<Result>;
  readonly close: () => void;
}

const noSuchObject = 32;
const sizeLimitExceeded = 4;
/** Its search does not lead to other servers. Source: MS-ADTS, 3.1.1.3.4.1.4. */
const domainScopeControl = "1.2.840.113556.1.4.1339";
/** The driver's first message has this id. */
const firstId = 2;
/** The port that the protocol has for connections that begin without TLS. */
const startTlsPort = 389;

/** Whether TLS is asked for on a connection that begins without: as the tag says, else by the port. Errors: `option-invalid`. */
function asksForTls({ port, options }: DatabaseTarget): boolean {
  const told = options.get(startTlsTag);
  if (told === undefined) return port === startTlsPort;
  if (told === "true" || told === "false") return told === "true";
  throw new RekeyError("option-invalid", { context: { option: startTlsTag, problem: "neither true nor false" } });
}

/** The driver writes its requests as JSON where `NODE_DEBUG` asks for them. */
const unprinted = (value: Buffer): Buffer => Object.assign(Buffer.from(value), { toJSON: () => "(not printed)" });

const during = (operation: Request, error: unknown): RekeyError =>
  error instanceof RekeyError
    ? new RekeyError(error.code, { context: { operation, ...error.context }, hint: error.hint })
    : new RekeyError("database-failed", { context: { operation, reason: "fault" } });

const entryOf = (entry: DriverEntry): Entry =>
  new Map(
    Object.entries(entry).map(([name, value]) => [
      name.toLowerCase(),
      [value].flat().map((one) => (Buffer.isBuffer(one) ? one : Buffer.from(one))),
    ]),
  );

/** Connects, and sends nothing yet. Errors: those of `openSocket` and `startTls`. */
export async function connect(target: DatabaseTarget, call: CallOptions, dialect: Dialect): Promise<Connection> {
  const socket = await openSocket(target, call, async (plain) => {
    if (asksForTls(target)) await startTls(plain, call);
  });
  const client = new Client({ url: "ldap://server", strictDN: false, createConnection: () => socket });
  const answers = answerGuard();
  let fault: RekeyError | undefined;
  let id = firstId - 1;
  let fail: (error: RekeyError) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => (fail = reject));
  ended.catch(() => undefined);

  const end = (error: RekeyError): void => {
    fault ??= error;
    fail(fault);
    socket.destroy();
  };
  const guarded = (parse: (chunk: Buffer) => void): ((chunk: Buffer) => void) => {
    const read = answers.guard(parse);
    return (chunk) => {
      try {
        read(chunk);
      } catch (error) {
        if (error instanceof RekeyError) end(error);
        else {
          const problem = error instanceof ServerMisbehaved ? error.problem : "unreadable";
          end(new RekeyError("server-misbehaved", { context: { problem } }));
        }
      }
    };
  };
  socket.on("close", () => end(new RekeyError("connection-lost")));
  if (socket.destroyed) end(new RekeyError("connection-lost"));

  /** The driver's own errors are not looked at: they hold the server's words. */
  async function ask<Answer>(
    request: Request,
    send: () => Promise<Answer>,
    { signal }: CallOptions,
  ): Promise<{ readonly answer: Answer | undefined; readonly result: Result }> {
    if (fault === undefined && signal.aborted) end(timeSpent(request));
    if (fault !== undefined) throw during(request, fault);
    id += 1;
    answers.expect(request, id);
    const late = setTimeout(() => end(new RekeyError("database-timeout")), answerTimeoutMs);
    const answered = async (): Promise<Answer | undefined> => {
      const sent = send().catch(() => undefined);
      if (id === firstId) {
        // The driver listens from its first request on, and nobody else does by then.
        guardStream(socket, guarded);
        socket.on("error", (error) => end(brokenConnection(error)));
      }
      return Promise.race([sent, ended]);
    };
    try {
      const answer = await cutOnAbort(answered, signal, () => end(timeSpent(request)));
      if (answers.result !== undefined) return { answer, result: answers.result };
      throw fault ?? new RekeyError("connection-lost");
    } catch (error) {
      throw during(request, error);
    } finally {
      clearTimeout(late);
    }
  }

  const { resultError } = dialect;
  const controls = (): Control[] => dialect.controls.map((type) => new Control(type));
  return {
    async bind({ username, password }, options) {
      const send = async () => client.bind(username, password.reveal(), controls());
      return (await ask("bind", send, options)).result;
    },
    async read(dn, attributes, options) {
      const wanted = [...attributes];
      const search = async () =>
        client.search(dn, { scope: "base", attributes: wanted, explicitBufferAttributes: wanted });
      const { answer, result } = await ask("search", search, options);
      if (result.code === noSuchObject) return undefined;
      if (result.code !== 0) throw resultError(result, "read user");
      const [entry] = answer?.searchEntries ?? [];
      return entry === undefined ? undefined : entryOf(entry);
    },
    async find(base, filter, attributes, options) {
      const wanted = [...attributes];
      const one = { scope: "sub", filter, sizeLimit: 2, attributes: wanted, explicitBufferAttributes: wanted } as const;
      const { answer, result } = await ask(
        "find",
        async () => client.search(base, one, new Control(domainScopeControl)),
        options,
      );
      if (result.code === noSuchObject) return [];
      if (result.code !== 0 && result.code !== sizeLimitExceeded) throw resultError(result, "find user");
      return (answer?.searchEntries ?? []).map(entryOf);
    },
    async add(dn, attributes, options) {
      const sent = Object.entries(attributes).map(
        ([type, values]) => new Attribute({ type, values: values.map(unprinted) }),
      );
      return (await ask("add", async () => client.add(dn, sent, controls()), options)).result;
    },
    async modify(dn, type, changes, options, condition) {
      const sent = changes.map(
        ({ operation, values }) =>
          new Change({ operation, modification: new Attribute({ type, values: values.map(unprinted) }) }),
      );
      const all = [...controls(), ...(condition === undefined ? [] : [condition])];
      return (await ask("modify", async () => client.modify(dn, sent, all), options)).result;
    },
    close: () => end(new RekeyError("connection-lost")),
  };
}
