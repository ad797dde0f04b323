import { createServer, type Server } from "node:http";
import { once } from "node:events";

type Answer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }
  | "reset"
  | "silence";

/** An AWS endpoint that answers every call as it is told to, for what no emulator can be brought to say. */
export interface ScriptedAws {
  readonly endpoint: string;
  /** What every call gets from now on. */
  answer: Answer;
  /** The operations called so far. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
}

export const awsError = (
  status: number,
  type: string,
  message = "canary-in-a-message",
  headers: Readonly<Record<string, string>> = {},
): Answer => ({ status, body: { __type: type, Message: message, message }, headers });

export async function startScriptedAws(): Promise<ScriptedAws> {
  const calls: string[] = [];
  const script: { answer: Answer } = { answer: { status: 200, body: {} } };
  const server: Server = createServer((request, response) => {
    calls.push(String(request.headers["x-amz-target"]).split(".")[1] ?? "");
    request.resume().on("end", () => {
      const { answer } = script;
      if (answer === "reset") return void request.socket.destroy();
      if (answer === "silence") return;
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1", ...answer.headers });
      response.end(JSON.stringify(answer.body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return Object.assign(script, {
    endpoint: `http://127.0.0.1:${address.port}`,
    calls,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}
