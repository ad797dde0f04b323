import { request as httpRequest } from "node:http";
import { expect, vi } from "vitest";
import { startCliStage } from "../support/cli-stage.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Unlike fetch, it sends whatever Host, Origin and Cookie it is told. */
const send = async (port: number, path: string, { method = "GET", headers = {}, body }: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.once("error", reject).end(body);
  });

/** `rekey console` beside the local stack with a few secrets, Vault and the table of adoptions. */
export async function startConsoleStage() {
  const cli = await startCliStage();
  await cli.secret("db/orders", { team: "payments" });
  await cli.secret("db/billing", { alternating: true, team: "payments" });
  await cli.secret("db/reports", { rotated: false });
  const more = { ...cli.vault, REKEY_ADOPTION_TABLE: cli.outputs["AdoptionTableName"] ?? "" };
  const running = cli.spawnRekeyWith(more, "console");
  const addresses = (): readonly string[] => running.printed.out.split("\n").filter((line) => line !== "");
  const addressAfter = async (before: number): Promise<string> => {
    return vi.waitUntil(() => addresses().length > before && addresses().at(-1), { timeout: 60_000 });
  };
  const first = await addressAfter(0);
  const { origin, port, host } = new URL(first);
  const sendTo = async (path: string, sent: Sent = {}): Promise<Answer> =>
    send(Number(port), path, { ...sent, headers: { Host: host, ...sent.headers } });
  const asPage = { Origin: origin, "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin" };
  let given = first;

  async function newAddress(): Promise<string> {
    if (given !== "") {
      const address = given;
      given = "";
      return address;
    }
    const before = addresses().length;
    running.child.stdin.write("\n");
    return addressAfter(before);
  }
  return {
    ...cli,
    printed: running.printed,
    host,
    port: Number(port),
    /** What the page itself sends with what it changes. */
    asPage,
    send: sendTo,
    /** One that was not opened yet. */
    newAddress,
    /** As the page signs in: what its requests then carry. */
    async signIn(): Promise<Readonly<Record<string, string>>> {
      const token = new URLSearchParams(new URL(await newAddress()).hash.slice(1)).get("token");
      const answer = await sendTo("/api/session", { method: "POST", headers: asPage, body: JSON.stringify({ token }) });
      expect(answer.status).toBe(200);
      const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
      const { key } = JSON.parse(answer.text) as { readonly key: string };
      return { ...asPage, Cookie: cookie, "X-Rekey-Key": key };
    },
    /** For a console that may not end by itself. */
    killConsole: () => running.child.kill("SIGKILL"),
    async stopConsole(): Promise<number | null> {
      running.child.kill("SIGINT");
      return running.code;
    },
    async stop() {
      running.child.kill("SIGINT");
      await running.code;
      await cli.stop();
    },
  };
}

export type ConsoleStage = Awaited<ReturnType<typeof startConsoleStage>>;
