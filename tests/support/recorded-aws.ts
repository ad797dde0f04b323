import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** Stands before an AWS endpoint and records which secret's value each caller reads. */
export async function startRecordedAws(endpoint: string) {
  const read: string[] = [];
  const server = createServer((incoming, outgoing) => {
    void buffer(incoming).then((body) => {
      if (String(incoming.headers["x-amz-target"]).endsWith(".GetSecretValue")) {
        read.push((JSON.parse(body.toString()) as { readonly SecretId: string }).SecretId);
      }
      const { method = "GET", url = "/", headers } = incoming;
      const sent = request(new URL(url, endpoint), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      sent.once("error", () => outgoing.destroy()).end(body);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Their ids, as they were asked for. */
    read: read as readonly string[],
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
