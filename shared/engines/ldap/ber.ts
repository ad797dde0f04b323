import { ServerMisbehaved } from "../connecting/guarded-stream.ts";

/** An element of LDAP's encoding: definite lengths of at most four bytes. Source: RFC 4511, 5.1. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** What a constructed element is made of; none for a primitive one. */
  readonly children: readonly Element[];
}

interface Frame {
  readonly headerBytes: number;
  readonly contentBytes: number;
}

/** An attribute's values are the deepest thing that an answer has. */
const maxDepth = 8;

const isConstructed = (tag: number): boolean => (tag & 0x20) !== 0;

/** Of the element that begins with these bytes; `undefined` while the header is not whole. */
export function frameOf(bytes: Buffer): Frame | undefined {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return undefined;
  if ((tag & 0x1f) === 0x1f) throw new ServerMisbehaved("a tag of several bytes");
  if (first < 0x80) return { headerBytes: 2, contentBytes: first };
  const lengthBytes = first & 0x7f;
  if (lengthBytes === 0 || lengthBytes > 4) throw new ServerMisbehaved("a length of another form");
  if (bytes.length < 2 + lengthBytes) return undefined;
  return { headerBytes: 2 + lengthBytes, contentBytes: bytes.readUIntBE(2, lengthBytes) };
}

function elementsIn(bytes: Buffer, depth: number): readonly Element[] {
  if (depth > maxDepth) throw new ServerMisbehaved("elements within elements");
  const found: Element[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const frame = frameOf(rest);
    const end = frame === undefined ? Number.POSITIVE_INFINITY : frame.headerBytes + frame.contentBytes;
    if (frame === undefined || end > rest.length) throw new ServerMisbehaved("an element longer than what it is in");
    const tag = rest.readUInt8(0);
    const content = rest.subarray(frame.headerBytes, end);
    found.push({ tag, content, children: isConstructed(tag) ? elementsIn(content, depth + 1) : [] });
    rest = rest.subarray(end);
  }
  return found;
}

/** The one element that these bytes are. Errors: `ServerMisbehaved` unless every length within fits exactly. */
export function readElement(bytes: Buffer): Element {
  const [element, ...more] = elementsIn(bytes, 0);
  if (element === undefined || more.length > 0) throw new ServerMisbehaved("more than one element");
  return element;
}

/** A number of at most four bytes that is not negative. */
export function numberIn({ content }: Element): number {
  if (content.length === 0 || content.length > 4 || content.readUInt8(0) > 0x7f)
    throw new ServerMisbehaved("a number out of range");
  return content.readUIntBE(0, content.length);
}
