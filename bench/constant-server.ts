import { createServer } from "node:http";

/** The floor of what an HTTP server on Node can do: it answers every request with as many bytes as it is told. */
const body = "x".repeat(Number(process.argv[2]));
const server = createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(JSON.stringify({ message: "listening", port: typeof address === "object" ? address?.port : undefined }));
});
process.once("SIGTERM", () => process.exit());
