import { encode } from "../percent-encoding.ts";
import type { Credential } from "./credential.ts";

const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

const percentDecoded = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString());

/** How a text may be escaped within another one: in URLs, in JSON and in quotes, in Base64 and in hexadecimal. */
const unescapes: readonly ((text: string) => string)[] = [
  percentDecoded,
  (text) => percentDecoded(text.replaceAll("+", " ")),
  (text) =>
    text.replace(/\\(?:u([0-9a-f]{4})|([^]))/gi, (_whole, code: string | undefined, character = "") =>
      code === undefined ? (controls[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
    ),
  (text) => text.replace(/(["'}])\1/g, "$1"),
  (text) => text.replace(/[\w+/-]{8,}/g, (run) => Buffer.from(run, "base64").toString()),
  (text) => text.replace(/\b(?:[0-9a-f]{2}){8,}\b/gi, (run) => Buffer.from(run, "hex").toString()),
];

const depth = 3;
const mostReadings = 60;
/** A shorter password is likely to be in a text by chance. */
const shortest = 8;

/** Whether a text holds the credential's password, as it is or escaped, also a few times over. */
export function holdsPassword(text: string, credential: Credential): boolean {
  const { username } = credential;
  const password = credential.password.reveal();
  if (password.length < shortest) return false;
  const encodings = [password, `${username}:${password}`].flatMap((each) => {
    const base64 = Buffer.from(each).toString("base64").replace(/=+$/, "");
    return [base64, base64.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const written = [password, encode(password), encodeURIComponent(password), ...encodings];
  const readings = new Set([text]);
  let newest = [text];
  for (let level = 0; level <= depth; level++) {
    if (newest.some((reading) => written.some((each) => reading.includes(each)))) return true;
    const next = newest.flatMap((reading) => unescapes.map((unescape) => unescape(reading)));
    newest = [...new Set(next)]
      .filter((reading) => !readings.has(reading))
      .slice(0, Math.max(0, mostReadings - readings.size));
    for (const reading of newest) readings.add(reading);
  }
  return false;
}
