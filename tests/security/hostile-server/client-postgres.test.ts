import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { listening } from "../../support/listening.ts";
import { runScript } from "../../support/script-process.ts";

const script = new URL("../../support/process/querying-child.ts", import.meta.url);

/** A message of PostgreSQL: its kind, its length, its body. Source: PostgreSQL's documentation, "Message Formats". */
function message(kind: string, body: readonly number[] = []): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(kind), length, Buffer.from(body)]);
}
const authenticated = message("R", [0, 0, 0, 0]);
const ready = message("Z", [0x49]);
const text = (words: string): number[] => [...Buffer.from(words)];
const endless = message("N", text("Mno end"));

/** Sends the first piece for the login, and each other one for what the client sends next. */
async function rogue(...pieces: readonly Buffer[]): Promise<number> {
  const { port, stop } = await listening(
    createServer((socket) => {
      const left = [...pieces];
      socket.on("data", () => void (left.length > 0 && socket.write(left.shift() ?? "")));
    }),
  );
  onTestFinished(stop);
  return port;
}

const attacks: readonly (readonly [string, readonly Buffer[]])[] = [
  ["asks for a login of an unknown kind, at which the driver throws", [message("R", [0, 0, 0, 99])]],
  ["answers a login with an error that has no end, which the driver reads for ever", [message("E", text("SFATAL"))]],
  [
    "answers a query with an error that has no end, which the driver reads for ever",
    [Buffer.concat([authenticated, ready]), message("E", text("SERROR\0Mno end"))],
  ],
  [
    "sends a notice without an end in two pieces, which the driver reads for ever",
    [Buffer.concat([authenticated, ready, endless.subarray(0, 6)]), endless.subarray(6)],
  ],
  [
    "answers a query with a row that is shorter than it says, at which the driver throws",
    [Buffer.concat([authenticated, ready]), message("D", [0, 9])],
  ],
  [
    "answers a query with a message shorter than its header, at which the driver stands still",
    [Buffer.concat([authenticated, ready]), Buffer.from([0x43, 0, 0, 0, 0])],
  ],
];

test.for(attacks)(
  "A server that a secret names %s: the query fails, and the service lives",
  async ([, pieces], { signal }) => {
    const port = await rogue(...pieces);
    const ended = await runScript(script, [String(port)], { signal });
    expect(ended).toMatchObject({ code: 0, output: "failed" });
    expect(ended.errors).not.toContain("of-this-canary");
  },
);
