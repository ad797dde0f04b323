/** Names and values by turns, which Node.js writes as they are. */
export const usualHeaders = (body: string, contentType: string): string[] => [
  "Content-Type",
  contentType,
  "Content-Length",
  String(Buffer.byteLength(body)),
  "Cache-Control",
  "no-store",
  "X-Content-Type-Options",
  "nosniff",
];

/** Writes a document as Node.js' server does to a client that keeps its connection. */
export function wholeResponse(keepAliveMs: number): (document: string) => string {
  const keepAlive = `Keep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}`;
  let second = 0;
  let date = "";
  return (document) => {
    const now = Math.trunc(Date.now() / 1_000);
    if (now !== second) [second, date] = [now, new Date(now * 1_000).toUTCString()];
    let text = "HTTP/1.1 200 OK\r\n";
    const headers = usualHeaders(document, "application/json");
    for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
    return `${text}Date: ${date}\r\nConnection: keep-alive\r\n${keepAlive}\r\n\r\n${document}`;
  };
}
