import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { rotatingSasl } from "./sasl.ts";

test("a connection whose login breaks twice ends no process, and is listened to once", async () => {
  const connection = Object.assign(new EventEmitter(), { host: "broker.example", port: 9093 });
  const broken = new Error("broken");
  const login = {
    newest: { versionId: "v1", mechanism: "SCRAM-SHA-512", username: "app", password: "p" } as const,
    acceptedBy: () => Promise.reject(broken),
    acceptedFor: () => Promise.reject(broken),
    end: () => undefined,
  };
  const sasl = rotatingSasl({ kafka: {} as never, secretId: "kafka", login, prover: {} as never });
  for (let time = 0; time < 2; time++) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    sasl.authenticate("SCRAM-SHA-512", connection, resolve, undefined, undefined, undefined, resolve);
    expect(await promise).toBe(broken);
  }
  expect(connection.listenerCount("error")).toBe(1);
  expect(connection.emit("error", broken)).toBe(true);
  expect(connection.emit("error", broken)).toBe(true);
});
