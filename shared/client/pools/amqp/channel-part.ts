import { closeChannel } from "./channel-calls.ts";
import type { ConsumeOptions, Delivery, DriverChannel } from "./supported-driver.ts";

/** One of the driver's channels, and what is still to come on it before it can be closed without a loss. */
export interface ChannelPart {
  readonly channel: DriverChannel;
  readonly isOpen: boolean;
  /** Starts to consume. `onMessage` gets what the driver gives. */
  consume(
    queue: string,
    onMessage: (message: Delivery | null) => void,
    options: ConsumeOptions,
  ): Promise<{ readonly consumerTag: string }>;
  /** A message that is to be acknowledged, and was not delivered to a consumer. */
  held(message: Delivery): void;
  /** That this message, or all up to it, are acknowledged or rejected; `undefined`: all. */
  settled(message: Delivery | undefined, allUpTo: boolean): void;
  /** Waits for an answer of the broker, which `finished` waits for too. */
  asked<Answer>(answer: Promise<Answer>): Promise<Answer>;
  /** Resolves when every message delivered is acknowledged, or the channel is closed. */
  acknowledged(): Promise<void>;
  /** Resolves when each message published is confirmed, or the channel is closed. Without confirms, at once. */
  confirmed(): Promise<void>;
  /** Resolves when nothing at all is outstanding, or the channel is closed. */
  finished(): Promise<void>;
  /** Idempotent: who asks again waits for the same answer. Errors: the driver's, of a channel that is closed already. */
  close(): Promise<void>;
}

/** `partOf` tells which part delivered a message, by its `fields`. */
export function channelPart(channel: DriverChannel, partOf: WeakMap<object, ChannelPart>): ChannelPart {
  const tags = new Set<number>();
  const answers = new Set<Promise<unknown>>();
  const waiting = new Set<() => void>();
  let isOpen = true;
  let closing: Promise<void> | undefined;

  const wake = (): void => {
    if (isOpen && tags.size > 0) return;
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  channel.on("close", () => {
    isOpen = false;
    wake();
  });

  const acknowledged = async (): Promise<void> => {
    if (isOpen && tags.size > 0) await new Promise<void>((resolve) => void waiting.add(resolve));
  };
  const confirmed = async (): Promise<void> => {
    // A message that is refused has told its publisher so.
    await channel.waitForConfirms?.().catch(() => undefined);
  };

  const part: ChannelPart = {
    channel,
    get isOpen() {
      return isOpen;
    },
    consume: async (queue, onMessage, options) =>
      channel.consume(
        queue,
        (message) => {
          if (message !== null && options.noAck !== true) part.held(message);
          onMessage(message);
        },
        options,
      ),
    held(message) {
      tags.add(message.fields.deliveryTag);
      partOf.set(message.fields, part);
    },
    settled(message, allUpTo) {
      if (message === undefined) tags.clear();
      else if (!allUpTo) tags.delete(message.fields.deliveryTag);
      else for (const tag of tags) if (tag <= message.fields.deliveryTag) tags.delete(tag);
      wake();
    },
    async asked(answer) {
      answers.add(answer);
      try {
        return await answer;
      } finally {
        answers.delete(answer);
      }
    },
    acknowledged,
    confirmed,
    async finished() {
      await acknowledged();
      await confirmed();
      while (isOpen && answers.size > 0) await Promise.allSettled(answers);
    },
    close: async () => (closing ??= closeChannel(channel)),
  };
  return part;
}
