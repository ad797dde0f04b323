import { EventEmitter } from "node:events";
import { callListener } from "../../call-listener.ts";
import type { Served } from "./facade.ts";
import { member, type RotatableMongo } from "./supported-client.ts";

type Listen = (event: string, listener: (...about: unknown[]) => void) => unknown;

/** What tells where the servers stand; mongoose's `readyState` follows it. */
const descriptions = ["serverDescriptionChanged", "topologyDescriptionChanged"];

/** Events of single commands and connections, which clients that are draining have too. */
const ofEveryClient = /^(?:command|connection)/;

/** One emitter for the events of all clients. */
export class ClientEvents<Mongo extends RotatableMongo> {
  readonly emitter = new EventEmitter();
  readonly #isActive: (served: Served<Mongo>) => boolean;
  readonly #forwarded = new Set<string>();
  readonly #clients = new Set<Served<Mongo>>();
  readonly #latest = new WeakMap<Served<Mongo>, Map<string, unknown[]>>();

  constructor(isActive: (served: Served<Mongo>) => boolean) {
    this.#isActive = isActive;
    this.emitter.setMaxListeners(0);
    this.emitter.on("newListener", (event) => {
      if (typeof event !== "string" || /^(?:new|remove)Listener$/.test(event) || this.#forwarded.has(event)) return;
      this.#forwarded.add(event);
      for (const served of this.#clients) this.#forward(served, event);
    });
  }

  add(served: Served<Mongo>): void {
    const latest = new Map<string, unknown[]>();
    this.#clients.add(served);
    this.#latest.set(served, latest);
    for (const event of descriptions) listenTo(served.mongo, event, (...about) => void latest.set(event, about));
    for (const event of this.#forwarded) this.#forward(served, event);
  }

  remove(served: Served<Mongo>): void {
    this.#clients.delete(served);
  }

  /** Those who follow the servers' state are told where it stands on the client that is active now. */
  replaced(active: Served<Mongo>): void {
    for (const [event, about] of this.#latest.get(active) ?? []) this.#emit(event, about);
  }

  #forward(served: Served<Mongo>, event: string): void {
    listenTo(served.mongo, event, (...about) => {
      if (this.#isActive(served) || ofEveryClient.test(event)) this.#emit(event, about);
    });
  }

  #emit(event: string, about: unknown[]): void {
    if (this.emitter.listenerCount(event) > 0) callListener(event, () => this.emitter.emit(event, ...about));
  }
}

function listenTo(mongo: RotatableMongo, event: string, listener: (...about: unknown[]) => void): void {
  const on = member(mongo, "on") as Listen;
  Reflect.apply(on, mongo, [event, listener]);
}
