import type { DriverChannel } from "./supported-driver.ts";

/** What the driver's channel has that asks the broker, and leaves nothing behind in the channel. */
export const questions = [
  "checkQueue",
  "deleteQueue",
  "purgeQueue",
  "bindQueue",
  "unbindQueue",
  "assertExchange",
  "checkExchange",
  "deleteExchange",
  "bindExchange",
  "unbindExchange",
  "recover",
] as const;
/** What the facade emits as the driver does, besides `error` and `close`. */
export const events = ["return", "drain", "ack", "nack", "handler-error"] as const;

/**
 * Closes the driver's channel. The driver never answers a close whose connection ends before the broker does; the channel's own event
 * comes in both cases. Errors: the driver's, of a channel that is closed already.
 */
export const closeChannel = async (channel: DriverChannel): Promise<void> =>
  new Promise((resolve, reject) => {
    channel.on("close", () => resolve());
    channel.close().then(() => resolve(), reject);
  });

/** Calls a method of the driver's channel. */
export const call = (channel: object, name: string, given: readonly unknown[]): unknown =>
  (Reflect.get(channel, name) as (...given: unknown[]) => unknown).apply(channel, [...given]);
