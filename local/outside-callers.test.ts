import { request } from "node:http";
import { expect, test } from "vitest";
import { startStack } from "./stack.ts";

async function statusOf(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  method = "GET",
): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, headers, method, agent: false }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
    })
      .once("error", reject)
      .end();
  });
}

test("the names of loopback with the port, the allowed ones, and what scripts and the address bar send are answered", async () => {
  const stack = await startStack({ allowedHosts: ["stack.internal", "Mapped:14566"] });
  try {
    const { port } = stack.vault;
    for (const Host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `LOCALHOST:${port}`,
      `[::1]:${port}`,
      `127.1.2.3:${port}`,
    ])
      expect(await statusOf(port, "/v1/sys/health", { Host })).toBe(200);
    for (const Host of ["stack.internal", "stack.internal:80", "mapped:14566"])
      expect(await statusOf(port, "/v1/sys/health", { Host })).toBe(200);
    const Host = `localhost:${port}`;
    expect(
      await statusOf(port, "/v1/sys/health", { Host, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" }),
    ).toBe(200);
    for (const refused of ["mapped:1", "localhost:1", "localhost"])
      expect(await statusOf(port, "/v1/sys/health", { Host: refused })).toBe(403);
    expect(await statusOf(port, "/v1/sys/health", { Host }, "OPTIONS")).toBe(403);
  } finally {
    await stack.stop();
  }
});

test.each(["http://stack.internal", "a b", "stack.internal:port", ""])("%j is no name of a host", async (host) => {
  await expect(startStack({ allowedHosts: [host] })).rejects.toMatchObject({ code: "option-invalid" });
});
