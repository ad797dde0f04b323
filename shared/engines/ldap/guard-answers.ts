import { RekeyError } from "../../errors/rekey-error.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { maxAnswerBytes, maxMessageBytes } from "../connecting/limits.ts";
import { type Element, frameOf, numberIn, readElement } from "./ber.ts";

export type Request = "bind" | "search" | "find" | "modify" | "add" | "startTls";

/** How the server ended a request: a result code of RFC 4511, and what a password policy says about it, by its own number. */
export interface Result {
  readonly code: number;
  readonly policy: number | undefined;
  /** The number by which Active Directory tells apart what has one code. */
  readonly detail: number | undefined;
}

/** What keeps an LDAP server's answers in order. */
export interface AnswerGuard {
  /** From now on the server may answer this request, which has this message id. */
  expect(request: Request, id: number): void;
  /** Of the request that was answered last. */
  readonly result: Result | undefined;
  /** Hands on whole messages alone, once each is known to be one that the request may be answered with. */
  guard(parse: (chunk: Buffer) => void): (chunk: Buffer) => void;
}

const tags = { sequence: 0x30, set: 0x31, integer: 0x02, octets: 0x04, enumerated: 0x0a, controls: 0xa0 } as const;
const searchEntry = 0x64;
const resultTags: Readonly<Record<Request, number>> = {
  bind: 0x61,
  search: 0x65,
  find: 0x65,
  modify: 0x67,
  add: 0x69,
  startTls: 0x78,
};
/** A look for the one that has a name may find that two have it. */
const mostEntries: Readonly<Partial<Record<Request, number>>> = { search: 1, find: 2 };
/** What may follow the three members that each result has: referrals, SASL's answer, an extension's name and value. */
const afterResult = new Set([0xa3, 0x87, 0x8a, 0x8b]);

export const passwordPolicyControl = "1.3.6.1.4.1.42.2.27.8.5.1";

const need = (condition: boolean, problem: string): void => {
  if (!condition) throw new ServerMisbehaved(problem);
};
const hasTags = (elements: readonly Element[], ...wanted: readonly number[]): boolean =>
  wanted.every((tag, index) => elements[index]?.tag === tag);

function checkEntry({ children }: Element): void {
  const [, attributes] = children;
  need(children.length === 2 && hasTags(children, tags.octets, tags.sequence), "an entry of another form");
  for (const { tag, children: parts } of attributes?.children ?? []) {
    const values = parts[1]?.children ?? [];
    need(
      tag === tags.sequence &&
        parts.length === 2 &&
        hasTags(parts, tags.octets, tags.set) &&
        values.every((value) => value.tag === tags.octets),
      "an attribute of another form",
    );
  }
}

/** The error in a password policy's response. Source: draft-behera-ldap-password-policy, 6.2. */
function policyErrorIn(controls: Element | undefined): number | undefined {
  for (const { children: parts } of controls?.children ?? []) {
    need(hasTags(parts, tags.octets), "a control of another form");
    const value = parts.at(-1);
    if (parts[0]?.content.toString("latin1") !== passwordPolicyControl || value === undefined) continue;
    const error = parts.length < 2 ? undefined : readElement(value.content).children.find(({ tag }) => tag === 0x81);
    if (error !== undefined) return numberIn(error);
  }
  return undefined;
}

/** Of a refused login it stands behind the word `data`, else at the beginning. Nothing else of the text is taken. */
function detailIn(text: string): number | undefined {
  const [, number] = /, data ([0-9a-f]{3,8}),/i.exec(text) ?? /^([0-9a-f]{8}):/i.exec(text) ?? [];
  return number === undefined ? undefined : Number.parseInt(number, 16);
}

function readResult(operation: Element, controls: Element | undefined): Result {
  const { children } = operation;
  need(hasTags(children, tags.enumerated, tags.octets, tags.octets), "a result of another form");
  need(
    children.slice(3).every(({ tag }) => afterResult.has(tag)),
    "a result with more than results have",
  );
  const detail = detailIn(children[2]?.content.toString("latin1") ?? "");
  return { code: numberIn(children[0] ?? operation), policy: policyErrorIn(controls), detail };
}

export function answerGuard(): AnswerGuard {
  let expected: { readonly request: Request; readonly id: number } | undefined;
  let result: Result | undefined;
  let held = Buffer.alloc(0);
  let answerBytes = 0;
  let entries = 0;

  function check(message: Buffer): void {
    const { tag, children } = readElement(message);
    const [id, operation, controls] = children;
    need(tag === tags.sequence && id?.tag === tags.integer && children.length <= 3, "a message of another form");
    if (id === undefined || operation === undefined) throw new ServerMisbehaved("a message without an operation");
    need(controls === undefined || controls.tag === tags.controls, "a message of another form");
    // The one message that a server sends unasked: that it ends the connection.
    if (numberIn(id) === 0) throw new RekeyError("connection-lost");
    if (expected === undefined) throw new ServerMisbehaved("an answer that nothing asked for");
    need(numberIn(id) === expected.id, "an answer to another request");
    const most = mostEntries[expected.request];
    if (most !== undefined && operation.tag === searchEntry) {
      entries += 1;
      need(entries <= most, "more entries than were asked for");
      return checkEntry(operation);
    }
    need(operation.tag === resultTags[expected.request], "an answer of another kind");
    result = readResult(operation, controls);
    expected = undefined;
  }

  return {
    expect(request, id) {
      expected = { request, id };
      result = undefined;
      answerBytes = 0;
      entries = 0;
    },
    get result() {
      return result;
    },
    guard: (parse) => (chunk) => {
      answerBytes += chunk.length;
      need(answerBytes <= maxAnswerBytes, "an answer without an end");
      held = Buffer.concat([held, chunk]);
      need(held[0] === tags.sequence, "a message of another form");
      for (let frame = frameOf(held); frame !== undefined; frame = frameOf(held)) {
        const length = frame.headerBytes + frame.contentBytes;
        need(length <= maxMessageBytes, "a message longer than any answer");
        if (held.length < length) break;
        const message = held.subarray(0, length);
        held = held.subarray(length);
        check(message);
        parse(message);
      }
      need(held.length === 0 || expected !== undefined, "an answer that nothing asked for");
    },
  };
}
