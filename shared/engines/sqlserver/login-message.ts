import type { Credential } from "../../ports/database-engine.ts";
import { packetBytes } from "./packets.ts";

const tdsVersion = 0x74_00_00_04;
/** Everything little-endian, ASCII and IEEE; no bulk load; a database or language that is not there ends the login. */
const firstOptions = 0x10 | 0x40 | 0x80;
/** ODBC's settings, which are ANSI's, for the session. */
const secondOptions = 0x02;
const fixedBytes = 94;

/** The password's bytes, each with its halves exchanged and then changed: no more than a disguise. Source: MS-TDS, 2.2.6.4. */
function disguised(password: string): Buffer {
  const bytes = Buffer.from(password, "utf16le");
  return bytes.map((byte) => (((byte & 0x0f) << 4) | (byte >> 4)) ^ 0xa5) as Buffer;
}

/** The message of a login with a password. Source: MS-TDS, 2.2.6.4. */
export function loginMessage({ username, password }: Credential, host: string, database: string): Buffer {
  const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le");
  const fixed = Buffer.alloc(fixedBytes);
  const parts: Buffer[] = [fixed];
  let end = fixedBytes;
  /** Where a text stands, and how many characters it has. */
  const point = (at: number, bytes: Buffer): void => {
    fixed.writeUInt16LE(end, at);
    fixed.writeUInt16LE(bytes.length / 2, at + 2);
    parts.push(bytes);
    end += bytes.length;
  };
  fixed.writeUInt32LE(tdsVersion, 4);
  fixed.writeUInt32LE(packetBytes, 8);
  fixed.writeUInt32LE(process.pid, 16);
  fixed.writeUInt8(firstOptions, 24);
  fixed.writeUInt8(secondOptions, 25);
  point(36, utf16("rekey"));
  point(40, utf16(username));
  point(44, disguised(password.reveal()));
  point(48, utf16("rekey"));
  point(52, utf16(host));
  point(56, utf16(""));
  point(60, utf16("rekey"));
  point(64, utf16(""));
  point(68, utf16(database));
  // 72: the client's id, six bytes. 78 to 89: no integrated login, no file, no new password.
  fixed.writeUInt16LE(end, 78);
  fixed.writeUInt16LE(end, 82);
  fixed.writeUInt16LE(end, 86);
  fixed.writeUInt32LE(end, 0);
  return Buffer.concat(parts);
}
