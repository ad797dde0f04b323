import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { call, closeChannel, events, questions } from "./channel-calls.ts";
import { type ChannelPart, channelPart } from "./channel-part.ts";
import type { ConsumeOptions, Delivery, DriverChannel } from "./supported-driver.ts";
import { within } from "./within.ts";

interface Consumer {
  readonly queue: string;
  readonly onMessage: (message: Delivery | null) => void;
  readonly options: ConsumeOptions & { readonly consumerTag: string };
}

export interface MovingChannelSettings {
  /** How long consumption waits for the acknowledgements of what the old connection delivered. */
  readonly drainTimeoutMs: number;
  closed(channel: MovingChannel): void;
}

/** The driver's channel, whose work goes on with another of them when the connection is replaced. */
export class MovingChannel extends EventEmitter {
  readonly #partOf = new WeakMap<object, ChannelPart>();
  readonly #consumers = new Map<string, Consumer>();
  /** Consumers that are cancelled on an old channel and do not consume on the newest yet. */
  readonly #paused = new Set<Consumer>();
  /** Kept until nothing is outstanding on them. */
  readonly #replaced = new Set<ChannelPart>();
  /** Queues that the broker deletes with their last consumer. */
  readonly #autoDeleted = new Set<string>();
  readonly #prefetches = new Map<boolean, number>();
  readonly #settings: MovingChannelSettings;
  #part: ChannelPart;
  /** Calls that are sent on the next channel, in their order. */
  #kept: (() => void)[] | undefined;
  #switching: Promise<void> | undefined;
  #isClosed = false;
  /** Told to close: it is not moved any more. */
  #isEnding = false;

  constructor(channel: DriverChannel, settings: MovingChannelSettings) {
    super();
    this.#settings = settings;
    this.#part = this.#adopt(channel);
    for (const name of questions) {
      Object.defineProperty(this, name, {
        value: async (...given: unknown[]) =>
          this.#part.asked(call(this.#part.channel, name, given) as Promise<unknown>),
      });
    }
  }

  get connection(): unknown {
    return Reflect.get(this.#part.channel, "connection");
  }

  #adopt(channel: DriverChannel): ChannelPart {
    const part = channelPart(channel, this.#partOf);
    for (const event of events) channel.on(event, (...about: unknown[]) => this.emit(event, ...about));
    channel.on("error", (error: Error) => {
      if (part === this.#part) this.emit("error", error);
    });
    channel.on("close", () => {
      if (part === this.#part) this.#over();
    });
    return part;
  }

  #over(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#settings.closed(this);
    this.emit("close");
  }

  #send(name: string, given: readonly unknown[]): boolean {
    if (this.#kept === undefined) return call(this.#part.channel, name, given) as boolean;
    if (!Buffer.isBuffer(given[name === "publish" ? 2 : 1])) throw new TypeError("content is not a buffer");
    this.#kept.push(() => void call(this.#part.channel, name, given));
    return false;
  }

  async assertQueue(queue: string, options: { readonly autoDelete?: boolean } = {}): Promise<unknown> {
    const part = this.#part;
    const reply = await part.asked(call(part.channel, "assertQueue", [queue, options]) as Promise<{ queue: string }>);
    if (options.autoDelete === true) this.#autoDeleted.add(reply.queue);
    return reply;
  }

  publish(...given: unknown[]): boolean {
    return this.#send("publish", given);
  }

  sendToQueue(...given: unknown[]): boolean {
    return this.#send("sendToQueue", given);
  }

  async waitForConfirms(): Promise<void> {
    await this.#switching;
    await Promise.all([...this.#replaced, this.#part].map(async ({ channel }) => channel.waitForConfirms?.()));
  }

  async consume(
    queue: string,
    onMessage: (message: Delivery | null) => void,
    options: ConsumeOptions = {},
  ): Promise<{ readonly consumerTag: string }> {
    await this.#switching;
    const consumerTag = options.consumerTag ?? `rekey-${randomUUID()}`;
    const consumer: Consumer = { queue, onMessage, options: { ...options, consumerTag } };
    this.#consumers.set(consumerTag, consumer);
    try {
      return await this.#part.asked(this.#start(this.#part, consumer));
    } catch (error) {
      this.#consumers.delete(consumerTag);
      throw error;
    }
  }

  async #start(part: ChannelPart, consumer: Consumer): Promise<{ readonly consumerTag: string }> {
    const { queue, onMessage, options } = consumer;
    return part.consume(
      queue,
      (message) => {
        // The broker cancelled it.
        if (message === null) this.#consumers.delete(options.consumerTag);
        onMessage(message);
      },
      options,
    );
  }

  async cancel(consumerTag: string): Promise<unknown> {
    const consumer = this.#consumers.get(consumerTag);
    this.#consumers.delete(consumerTag);
    if (consumer !== undefined && (this.#kept !== undefined || this.#paused.delete(consumer))) return { consumerTag };
    return this.#part.asked(this.#part.channel.cancel(consumerTag));
  }

  async prefetch(count: number, global = false): Promise<unknown> {
    await this.#switching;
    this.#prefetches.set(global, count);
    return this.#part.asked(this.#part.channel.prefetch(count, global));
  }

  async qos(count: number, global = false): Promise<unknown> {
    return this.prefetch(count, global);
  }

  async get(queue: string, options: { readonly noAck?: boolean } = {}): Promise<unknown> {
    const part = this.#part;
    const message = (await part.asked(call(part.channel, "get", [queue, options]) as Promise<unknown>)) as
      | Delivery
      | false;
    if (message !== false && options.noAck !== true) part.held(message);
    return message;
  }

  /** The broker delivers what was not acknowledged on a closed channel again, so there is nobody to tell. */
  #settle(name: string, message: Delivery, allUpTo: boolean, given: readonly unknown[]): void {
    const part = this.#partOf.get(message.fields) ?? this.#part;
    if (part !== this.#part && !part.isOpen) return;
    if (allUpTo && part === this.#part) this.#settleReplaced(`${name}All`, given.slice(1));
    call(part.channel, name, [message, ...given]);
    part.settled(message, allUpTo);
  }

  #settleReplaced(name: string, given: readonly unknown[]): void {
    for (const part of this.#replaced) {
      if (!part.isOpen) continue;
      call(part.channel, name, given);
      part.settled(undefined, true);
    }
  }

  #settleAll(name: string, given: readonly unknown[]): void {
    this.#settleReplaced(name, given);
    call(this.#part.channel, name, given);
    this.#part.settled(undefined, true);
  }

  ack(message: Delivery, allUpTo = false): void {
    this.#settle("ack", message, allUpTo, [allUpTo]);
  }

  nack(message: Delivery, allUpTo = false, requeue?: boolean): void {
    this.#settle("nack", message, allUpTo, [allUpTo, requeue]);
  }

  reject(message: Delivery, requeue?: boolean): void {
    this.#settle("reject", message, false, [requeue]);
  }

  ackAll(): void {
    this.#settleAll("ackAll", []);
  }

  nackAll(requeue?: boolean): void {
    this.#settleAll("nackAll", [requeue]);
  }

  /** A channel on the next connection. Errors: the driver's; the channel stays where it is. */
  async prepare(open: () => Promise<DriverChannel>): Promise<DriverChannel> {
    const channel = await open();
    // Until it is in use, what goes wrong on it is found by the next call.
    channel.on("error", () => undefined);
    for (const [global, count] of this.#prefetches) await channel.prefetch(count, global);
    return channel;
  }

  /**
   * Cancels what consumes, waits for what was published to be confirmed, and goes on with the other channel: with publishing at
   * once, with consuming once what the old connection delivered is acknowledged.
   */
  async moveTo(channel: DriverChannel, finished: () => void): Promise<void> {
    if (this.#isClosed || this.#isEnding) {
      await closeChannel(channel).catch(() => undefined);
      return finished();
    }
    this.#switching = this.#switchTo(channel, finished).finally(() => (this.#switching = undefined));
    await this.#switching;
  }

  async #switchTo(channel: DriverChannel, finished: () => void): Promise<void> {
    const before = this.#part;
    const next = this.#adopt(channel);
    this.#kept = [];
    for (const consumer of this.#consumers.values()) {
      if (this.#paused.has(consumer)) continue;
      if (this.#autoDeleted.has(consumer.queue)) await this.#start(next, consumer).catch(() => undefined);
      else this.#paused.add(consumer);
      await before.channel.cancel(consumer.options.consumerTag).catch(() => undefined);
    }
    await within(this.#settings.drainTimeoutMs, before.confirmed());
    this.#replaced.add(before);
    this.#part = next;
    const kept = this.#kept;
    this.#kept = undefined;
    void before.finished().then(async () => {
      await before.close().catch(() => undefined);
      this.#replaced.delete(before);
      finished();
    });
    if (!next.isOpen) return this.#over();
    for (const send of kept) {
      try {
        send();
      } catch (error) {
        // Its caller is gone.
        this.emit("error", error);
      }
    }
    if (kept.length > 0) this.emit("drain");
    void this.#resume(next);
  }

  async #resume(part: ChannelPart): Promise<void> {
    const acknowledged = Promise.all([...this.#replaced].map(async (replaced) => replaced.acknowledged()));
    await within(this.#settings.drainTimeoutMs, acknowledged);
    for (const consumer of this.#paused) {
      if (part !== this.#part || this.#isClosed) return;
      this.#paused.delete(consumer);
      const { consumerTag } = consumer.options;
      if (this.#consumers.get(consumerTag) !== consumer) continue;
      try {
        await part.asked(this.#start(part, consumer));
        if (this.#consumers.get(consumerTag) !== consumer) await part.channel.cancel(consumerTag);
      } catch {
        // The broker closed the channel and said why, which its listeners have been told.
        return;
      }
    }
  }

  /** Cancels what consumes, for good. */
  async stop(): Promise<void> {
    await this.#switching;
    const tags = [...this.#consumers.keys()];
    for (const tag of tags) await this.cancel(tag).catch(() => undefined);
  }

  /** Resolves when nothing is outstanding on any of its channels. */
  async finished(): Promise<void> {
    await Promise.all([...this.#replaced, this.#part].map(async (part) => part.finished()));
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    await this.#switching;
    await Promise.allSettled([...this.#replaced].map(async (part) => part.close()));
    await this.#part.close();
  }
}
