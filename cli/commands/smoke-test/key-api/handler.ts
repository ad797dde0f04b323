import { createHash, randomBytes, randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { keyTable } from "./key-table.ts";

interface UrlRequest {
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestContext: { readonly http: { readonly method: string } };
}
interface UrlAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const table = keyTable(new DynamoDBClient({}), process.env["KEY_TABLE"] ?? "");
const mostKeys = 2;
const json = (statusCode: number, body: object): UrlAnswer => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** An API that issues two keys at a time, behind a function URL: docs/reference/http-api-key.md. */
export async function handler({ rawPath, headers, requestContext }: UrlRequest): Promise<UrlAnswer> {
  const digest = (key: string): string => createHash("sha256").update(key).digest("hex");
  const shown = digest((headers["authorization"] ?? "").replace(/^Bearer /, ""));
  const keys = await table.all();
  if (![...keys.values()].includes(shown)) return json(401, {});
  const [, collection, id = ""] = rawPath.split("/");
  if (collection !== "keys") return json(404, {});
  const { method } = requestContext.http;
  if (method === "GET") return json(200, { keys: [...keys.keys()].map((known) => ({ id: known })) });
  if (method === "DELETE") {
    const digestOfOld = keys.get(decodeURIComponent(id));
    if (digestOfOld === undefined) return json(404, {});
    await table.remove(decodeURIComponent(id), digestOfOld);
    return { statusCode: 204 };
  }
  if (keys.size >= mostKeys) return json(409, {});
  const made = { id: randomUUID(), key: randomBytes(24).toString("hex") };
  await table.add(made.id, digest(made.key));
  return json(201, made);
}
