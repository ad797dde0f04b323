import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { checkAnswer, headerBytes, messageLength } from "./guard-answers.ts";

/**
 * The socket that the driver is given: what it reads from the server comes one whole, checked answer at a time, the one to the
 * request that was written last. At anything else the connection is cut, and `problem` says why.
 */
export class GuardedSocket extends Duplex {
  problem: string | undefined;
  readonly #socket: Socket;
  #awaited: number | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = headerBytes;

  constructor(socket: Socket) {
    super({ allowHalfOpen: false });
    // An error that nobody listens to ends the process; the driver listens only once it has begun.
    this.on("error", () => undefined);
    this.#socket = socket
      .on("data", (chunk) => this.#take(chunk))
      .on("end", () => this.push(null))
      .on("timeout", () => this.emit("timeout"))
      .on("error", (error) => this.destroy(error))
      .on("close", () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    // The driver writes each request as one piece; the second number of its header is the request's.
    this.#awaited = chunk.readInt32LE(4);
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#held = [];
    this.#socket.destroy();
    done(error);
  }

  setKeepAlive(isOn: boolean, delayMs: number): this {
    this.#socket.setKeepAlive(isOn, delayMs);
    return this;
  }

  setNoDelay(isOn: boolean): this {
    this.#socket.setNoDelay(isOn);
    return this;
  }

  setTimeout(timeoutMs: number): this {
    this.#socket.setTimeout(timeoutMs);
    return this;
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    try {
      const answer = this.#answerWith(chunk);
      if (answer !== undefined) this.push(answer);
    } catch (error) {
      this.problem = error instanceof ServerMisbehaved ? error.problem : "a malformed message";
      this.destroy();
    }
  }

  #answerWith(chunk: Buffer): Buffer | undefined {
    if (this.#awaited === undefined) throw new ServerMisbehaved("an answer that nothing asked for");
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return undefined;
    const message = Buffer.concat(this.#held);
    this.#neededBytes = messageLength(message);
    this.#held = [message];
    if (message.length < this.#neededBytes) return undefined;
    if (message.length > this.#neededBytes) throw new ServerMisbehaved("more than one answer");
    checkAnswer(message, this.#awaited);
    this.#awaited = undefined;
    this.#held = [];
    this.#heldBytes = 0;
    this.#neededBytes = headerBytes;
    return message;
  }
}
