import type { createClient } from "@redis/client";
import type { Row } from "./surface.ts";

type Options = NonNullable<Parameters<typeof createClient>[0]>;
export type Client = ReturnType<typeof createClient>;

/** Makes a client with these options, which is connected when it comes. */
export interface Subject {
  open(options?: object): Promise<Client>;
  /** Before it is connected, for its events. */
  listen(options: object, listener: (client: Client) => void): Promise<Client>;
  /** Cuts the connection of this id at the server. */
  cut(connectionId: number): Promise<void>;
}

export async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return { value: await work() };
  } catch (error) {
    const { name, message, code } = error as Error & { readonly code?: unknown };
    return { name, message: message.replaceAll(/:\d+/g, ""), code };
  }
}

/** What the next event of this name is given; unlike `once` of Node it is not in the way of errors. */
export const next = async (client: Client, event: string): Promise<unknown[]> =>
  new Promise((resolve) => void client.once(event, (...about: unknown[]) => resolve(about)));

export const row = (
  name: string,
  covers: readonly string[],
  options: Options | object,
  observe: (client: Client, subject: Subject) => Promise<unknown>,
): Row<Subject> => ({
  name,
  covers,
  async run(subject) {
    const client = await subject.open(options);
    const observation = await observe(client, subject);
    if (client.isOpen) client.destroy();
    return observation;
  },
});
