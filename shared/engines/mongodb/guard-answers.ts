import { parseToElementsToArray } from "mongodb/lib/bson.js";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";

/** Of a message's header, and of the smallest message: an OP_MSG with an empty document. */
export const headerBytes = 16;
const smallestBytes = 26;
/** `connectionStatus` lists every right of an admin, which is the longest answer that rekey asks for. */
const mostBytes = 1024 * 1024;
/** MongoDB's own limit. */
const mostNested = 100;

const opReply = 1;
const opMsg = 2013;
/**
 * In the low half of the flags a bit that the receiver does not know is an error; rekey asks for a checksum or for more to
 * come never.
 */
const knownFlags = 0xffff;
const documentType = 3;
const arrayType = 4;
const scopeType = 15;

/** Errors: `ServerMisbehaved`. */
export function messageLength(header: Buffer): number {
  const length = header.readInt32LE(0);
  if (length < smallestBytes) throw new ServerMisbehaved("a message shorter than its header");
  if (length > mostBytes) throw new ServerMisbehaved(`a message of more than ${mostBytes} bytes`);
  return length;
}

function checkDocument(bytes: Buffer, offset: number, nested: number): void {
  if (nested > mostNested) throw new ServerMisbehaved(`documents nested more than ${mostNested} deep`);
  for (const [type, , , at] of parseToElementsToArray(bytes, offset)) {
    if (type === scopeType) throw new ServerMisbehaved("code in an answer");
    if (type !== documentType && type !== arrayType) continue;
    if (bytes.readInt32LE(at) < 5) throw new ServerMisbehaved("a document shorter than its length");
    checkDocument(bytes, at, nested + 1);
  }
}

/** Where the one document of a message begins. OP_REPLY answers the first request of a connection, OP_MSG all others. */
function documentAt(message: Buffer): number {
  switch (message.readInt32LE(12)) {
    case opMsg:
      if ((message.readUInt32LE(16) & knownFlags) !== 0 || message[20] !== 0)
        throw new ServerMisbehaved("flags or sections");
      return 21;
    case opReply:
      if (message.length < 41 || message.readInt32LE(32) !== 1) throw new ServerMisbehaved("other than one document");
      return 36;
    default:
      throw new ServerMisbehaved("an unknown kind of message");
  }
}

/**
 * A whole message against what the driver takes on trust: it counts documents by a number of the server's and steps through
 * sections by lengths that may be zero or negative, for ever. Errors: `ServerMisbehaved`.
 */
export function checkAnswer(message: Buffer, requestId: number): void {
  if (message.readInt32LE(8) !== requestId) throw new ServerMisbehaved("an answer to another request");
  const offset = documentAt(message);
  if (message.readInt32LE(offset) !== message.length - offset)
    throw new ServerMisbehaved("a document of another length");
  try {
    checkDocument(message, offset, 1);
  } catch (error) {
    throw error instanceof ServerMisbehaved ? error : new ServerMisbehaved("a malformed document");
  }
}
