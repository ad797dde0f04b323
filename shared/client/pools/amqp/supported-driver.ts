import type { EventEmitter } from "node:events";
import { RekeyError } from "../../../errors/rekey-error.ts";
import type { AmqpLoginOptions } from "./amqp-login.ts";

export interface Delivery {
  readonly fields: { readonly deliveryTag: number };
}

export interface ConsumeOptions {
  readonly consumerTag?: string | undefined;
  readonly noAck?: boolean | undefined;
}

/** What is needed of the channel that amqplib opens. */
export interface DriverChannel extends EventEmitter {
  close(): Promise<void>;
  consume(
    queue: string,
    onMessage: (message: Delivery | null) => void,
    options?: ConsumeOptions,
  ): Promise<{ readonly consumerTag: string }>;
  cancel(consumerTag: string): Promise<unknown>;
  prefetch(count: number, global?: boolean): Promise<unknown>;
  waitForConfirms?(): Promise<unknown>;
}

/** What is needed of the connection that amqplib's `connect` makes, the promise form. */
export interface RotatableModel {
  close(): Promise<void>;
  createChannel(...options: never[]): Promise<object>;
  createConfirmChannel(...options: never[]): Promise<object>;
  on(event: string, listener: (...about: never[]) => void): unknown;
}

/** amqplib's `connect`, or a function that calls it with these arguments and options of its own. */
export type Connect<Model> = (url: string, options: AmqpLoginOptions) => Promise<Model>;

const methods = ["close", "createChannel", "createConfirmChannel", "on"] as const;

const has = (value: unknown, name: string): boolean => typeof Reflect.get(Object(value) as object, name) === "function";

/** Errors: `driver-unsupported`, `option-invalid`. */
export function assertRotatable(model: unknown): void {
  if (!methods.every((name) => has(model, name))) {
    throw new RekeyError("driver-unsupported", {
      context: { driver: "amqplib", found: "another client", supported: "amqplib 0.10.3 to 2.x, with promises" },
      hint: "npm install amqplib@2, and give connect: amqp.connect",
    });
  }
  if (has(model, "waitForConnect")) {
    throw new RekeyError("option-invalid", {
      context: { option: "connect", problem: "returns a connection that recovers by itself" },
      hint: "leave recovery out: it would log in again with the credential that it was made with",
    });
  }
}
