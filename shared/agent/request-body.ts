import type { IncomingMessage } from "node:http";

const hasLength = ({ headers }: IncomingMessage): boolean => Number(headers["content-length"] ?? 0) > 0;

/**
 * Whether a request has a body, which none of the agent's may have; `undefined`: only reading it shows. Some clients frame
 * an empty body in chunks.
 */
export const hasBody = (request: IncomingMessage): boolean | undefined =>
  hasLength(request) || (request.headers["transfer-encoding"] === undefined ? false : undefined);

/** Reads the body up to its first byte, or to its end. A client that sends neither runs into the server's request time-out. */
export const firstOfBody = (request: IncomingMessage, known: (isThere: boolean) => void): void => {
  request.once("data", () => known(true)).once("end", () => known(false));
};
