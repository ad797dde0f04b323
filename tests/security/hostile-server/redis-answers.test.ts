import { expect, onTestFinished, test } from "vitest";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { endless } from "../../support/rogue-http.ts";
import { startRogueRedis } from "../../support/rogue-redis.ts";

const misbehaved = endedWith("server-misbehaved");

async function stepAgainst(lie: Parameters<typeof startRogueRedis>[0]): Promise<StepEnd> {
  const { port, stop } = await startRogueRedis(lie);
  onTestFinished(stop);
  return hostileStep({ engine: "redis", port });
}

test("lists that claim 30 million items each, one in the other, take no memory", async () => {
  expect(await stepAgainst(() => "*30000000\r\n".repeat(200))).toEqual(misbehaved);
});

test("a number of a million digits does not stop the process while it is computed", async () => {
  expect(await stepAgainst(() => `(${"7".repeat(1_000_000)}\r\n`)).toEqual(misbehaved);
});

test("a string that claims ten gigabytes is not kept while it comes", async () => {
  expect(await stepAgainst(() => endless(Buffer.alloc(65_536, "x"), "$9999999999\r\n"))).toEqual(misbehaved);
});

test("a line without an end is cut off", async () => {
  expect(await stepAgainst(() => endless(Buffer.alloc(65_536, "x"), "+"))).toEqual(misbehaved);
});

test("lists in lists, 100,000 deep, are refused", async () => {
  expect(await stepAgainst(() => "*1\r\n".repeat(100_000))).toEqual(misbehaved);
});

test("a second answer to HELLO does not become the answer to the next command", async () => {
  expect(await stepAgainst((_command, honest, index) => (index === 0 ? `${honest}+OK\r\n` : honest))).toEqual(
    misbehaved,
  );
});

test("an answer before its command does not confirm a change that was never made", async () => {
  const lie = ([, sub]: readonly string[], honest: string): string => {
    if (sub === "GETUSER") return `${honest}+OK\r\n`;
    return sub === "SETUSER" ? "" : honest;
  };
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test("a message that was pushed, which nothing here subscribes to, is refused", async () => {
  expect(await stepAgainst(() => ">-1\r\n")).toEqual(misbehaved);
});

test.each([":1", "_", "*0", "+QUEUED"])(
  "a change that is answered with %s in place of OK is not taken for made",
  async (answer) => {
    expect(await stepAgainst(([, sub], honest) => (sub === "SETUSER" ? `${answer}\r\n` : honest))).toEqual(misbehaved);
  },
);

test("a login that is answered with OK, and not with what the server is, is no login", async () => {
  expect(await stepAgainst((_command, honest, index) => (index === 0 ? "+OK\r\n" : honest))).toEqual(misbehaved);
});
