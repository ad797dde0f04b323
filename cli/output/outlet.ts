import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Writable } from "node:stream";
import { isMainThread } from "node:worker_threads";

/** Gets the failure of one write, or nothing once the system has all of it. Called once for each write. */
type Done = (error?: Error | null) => void;

/** One of the process's streams, as far as it is written to. */
export interface Outlet {
  /** What was given to it and the system has not taken yet, in bytes. */
  pending(): number;
  write(text: string, done: Done): void;
}

/** The system's code of a failed write, such as `EPIPE` or `ENOSPC`. */
export const codeOfLoss = (error: Error): string => {
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? code : error.name;
};

function fileOutlet(descriptor: number): Outlet {
  return {
    pending: () => 0,
    write(text, done) {
      const bytes = Buffer.from(text);
      try {
        for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
      } catch (error) {
        return done(error as Error);
      }
      done();
    },
  };
}

/**
 * The stream as an outlet. Node's own stream of a file takes a write that the disk took half of for a whole one, so a file
 * is written to by its descriptor, until it has everything. A pipe never blocks: what its reader has not taken waits here.
 */
export function outletOf(stream: Writable & { readonly fd?: number }): Outlet {
  if (isMainThread && stream.fd !== undefined && !(stream instanceof Socket)) return fileOutlet(stream.fd);
  const write = stream.write.bind(stream);
  // The callback of the write has it.
  stream.on("error", () => undefined);
  return {
    pending: () => stream.writableLength,
    write: (text, done) => void write(text, done),
  };
}
