import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type BackendMode = "answers" | "throttles" | "fails" | "resets" | "hangs" | "denies";

/** GetSecretValue over HTTP and nothing else, so that a figure is the client's and not the backend's. */
export interface FlakyBackend extends AsyncDisposable {
  readonly endpoint: string;
  mode: BackendMode;
  delayMs: number;
  requests: number;
}

const refusals: Readonly<Partial<Record<BackendMode, readonly [number, string]>>> = {
  throttles: [400, "ThrottlingException"],
  fails: [500, "InternalServiceError"],
  denies: [400, "AccessDeniedException"],
};

export async function startFlakyBackend(): Promise<FlakyBackend> {
  const server = createServer((request, response) => {
    backend.requests++;
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (backend.mode === "hangs") return;
      if (backend.mode === "resets") return void request.socket.resetAndDestroy();
      const refusal = refusals[backend.mode];
      const { SecretId } = JSON.parse(body) as { SecretId: string };
      const value = { Name: SecretId, ARN: SecretId, VersionId: "1".repeat(36), SecretString: '{"password":"p"}' };
      setTimeout(() => {
        response.writeHead(refusal?.[0] ?? 200, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify(refusal === undefined ? value : { __type: refusal[1], Message: "bench" }));
      }, backend.delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const backend: FlakyBackend = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: "answers",
    delayMs: 0,
    requests: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return backend;
}
