import { expect, onTestFinished, test } from "vitest";
import { kafkaEngine } from "../../../shared/engines/kafka/kafka-engine.ts";
import { array, int16, int32, string } from "../../../shared/engines/kafka/wire.ts";
import { SecretValue } from "../../../shared/secrets/secret-value.ts";
import { endedWith, hostileStep, type StepEnd } from "../../support/hostile-process.ts";
import { loopbackTarget } from "../../support/loopback-target.ts";
import { changed, type Change, eachChange, endOf } from "../../support/mutated-conversation.ts";
import { endless } from "../../support/rogue-http.ts";
import { frame, type KafkaLie, type KafkaRequest, saslAnswer, startRogueKafka } from "../../support/rogue-kafka.ts";

const misbehaved = endedWith("server-misbehaved");
type Lie = Parameters<typeof startRogueKafka>[0];

async function stepAgainst(lie: Lie): Promise<StepEnd> {
  const { port, stop } = await startRogueKafka(lie);
  onTestFinished(stop);
  return hostileStep({ engine: "kafka", port });
}

/** Lies to requests of this kind, each of which has a number of its own. */
const to =
  (wanted: KafkaRequest, lie: (honest: Buffer, id: number) => KafkaLie) =>
  (kind: KafkaRequest, honest: Buffer, id: number): KafkaLie =>
    kind === wanted ? lie(honest, id) : honest;

test("a broker that does not lie is rotated, so that what follows is the lies' doing", async () => {
  expect(await stepAgainst(undefined)).toEqual(endedWith("done"));
});

test("an answer that claims two gigabytes is not waited for", async () => {
  const lie = (): KafkaLie => endless(Buffer.alloc(65_536), "\x7f\xff\xff\xff");
  expect(await stepAgainst(to("handshake", lie))).toEqual(misbehaved);
});

test("a list that claims two thousand million entries is not made", async () => {
  const claim = int32(0x7fffffff);
  expect(await stepAgainst(to("handshake", (_honest, id) => frame(id, [int16(0), claim])))).toEqual(misbehaved);
  expect(await stepAgainst(to("metadata", (_honest, id) => frame(id, [int32(0), claim])))).toEqual(misbehaved);
});

test.each([
  ["of a negative length", int32(-1)],
  ["of nothing", int32(0)],
  ["that is none", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
])("an answer %s is refused", async (_what, bytes) => {
  expect(await stepAgainst(to("handshake", () => bytes))).toEqual(misbehaved);
});

test("an answer to another request, two answers, and one that goes on are refused", async () => {
  const other = (_honest: Buffer, id: number): Buffer => frame(id - 1, [int16(0), array([])]);
  const two = (honest: Buffer): Buffer => Buffer.concat([honest, honest]);
  const longer = (_honest: Buffer, id: number): Buffer => frame(id, [int16(0), array([]), int32(0)]);
  for (const lie of [other, two, longer]) expect(await stepAgainst(to("handshake", lie))).toEqual(misbehaved);
});

test.each([
  ["4 million iterations", "i=4000000"],
  ["no more than one iteration", "i=1"],
])("%s are not computed", async (_what, iterations) => {
  const lie: Lie = (kind, honest, id) => {
    const [, nonce] = /r=([^,]+),s=/.exec(honest.toString("latin1")) ?? [];
    if (kind !== "authenticate" || nonce === undefined) return honest;
    return frame(id, saslAnswer(`r=${nonce},s=c2FsdA==,${iterations}`));
  };
  expect(await stepAgainst(lie)).toEqual(misbehaved);
});

test("a challenge without the client's nonce gets no proof of the password", async () => {
  const heard: string[] = [];
  const lie: Lie = (kind, _honest, id) => {
    heard.push(kind);
    if (kind !== "authenticate") return frame(id, [int16(0), array([])]);
    return frame(id, saslAnswer("r=of-the-server-alone,s=c2FsdA==,i=4096"));
  };
  expect(await stepAgainst(lie)).toEqual(misbehaved);
  expect(heard).toEqual(["handshake", "authenticate"]);
});

test("a server that does not know the password, and lets everybody in, is not told a new one", async () => {
  const heard: string[] = [];
  const lie: Lie = (kind, honest, id) => {
    heard.push(kind);
    return honest.includes("v=") ? frame(id, saslAnswer(`v=${"A".repeat(86)}==`)) : honest;
  };
  expect(await stepAgainst(lie)).toEqual(misbehaved);
  expect(heard).toEqual(["handshake", "authenticate", "authenticate"]);
});

test("a broker that offers PLAIN alone gets nothing", async () => {
  const offer = (_honest: Buffer, id: number): Buffer => frame(id, [int16(33), array([[string("PLAIN")]])]);
  expect(await stepAgainst(to("handshake", offer))).toEqual(endedWith("credential-refused"));
});

test("brokers that the metadata names are not spoken to", async () => {
  const other = await startRogueKafka(() => () => {
    throw new Error("an advertised address was followed");
  });
  onTestFinished(other.stop);
  const elsewhere = [int32(1), string("127.0.0.1"), int32(other.port), string(null)];
  const body = [int32(0), array([elsewhere]), string("cluster"), int32(1), array([]), int32(0xfff)];
  expect(await stepAgainst(to("metadata", (_honest, id) => frame(id, body)))).toEqual(endedWith("done"));
});

test("a broker that never hears of a change is not waited for longer than the step", async () => {
  let first: Buffer | undefined;
  const frozen = (honest: Buffer, id: number): Buffer => {
    first ??= honest;
    const copy = Buffer.from(first);
    copy.writeInt32BE(id, 4);
    return copy;
  };
  expect(await stepAgainst(to("describe", frozen))).toEqual(endedWith("time-budget-spent"));
});

/** A login, a look at the user, and a change with what follows it. */
const answers = Array.from({ length: 8 }, () => Buffer.alloc(64));

async function converse(made: Change | undefined, deadlineMs: number): Promise<string> {
  let asked = 0;
  await using server = await startRogueKafka((_kind, honest) => {
    if (asked++ !== made?.entry) return honest;
    const [entry] = changed([honest], { ...made, entry: 0 });
    return made.kind === "truncated" ? (socket) => void socket.end(entry ?? "") : (entry ?? honest);
  });
  const call = { signal: AbortSignal.timeout(deadlineMs) };
  const credential = (password: string, saslMechanism: string) => ({
    username: "app",
    password: new SecretValue(password),
    saslMechanism,
  });
  const target = loopbackTarget({ engine: "kafka", port: server.port });
  const current = credential("canary-current-3f6a", "SCRAM-SHA-512");
  return await endOf(kafkaEngine().login(target, current, call), async (session) => {
    await session.inspect(["app"], call);
    await session.keepBoth(current, credential("canary-next-3f6a", "SCRAM-SHA-256"), call);
  });
}

test("a conversation, however it is changed, ends as a login's result or as rekey's own error", async () => {
  expect(await converse(undefined, 20_000)).toBe("done");
  await eachChange(answers, async (made) => converse(made, 400));
});
