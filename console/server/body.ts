import type { Context } from "hono";
import { RekeyError } from "../../shared/errors/rekey-error.ts";

type Body = Readonly<Record<string, unknown>>;

const wrong = (option: string, problem: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, hint: "reload the page" });

/** Errors: `option-invalid` for what is no JSON object. */
export async function bodyOf(context: Context): Promise<Body> {
  const body: unknown = await context.req.json().catch(() => undefined);
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw wrong("body", "no JSON object");
  return body as Body;
}

/** Errors: `option-invalid` for what is there and no text. */
export function textIn(body: Body, option: string): string | undefined {
  const value = body[option];
  if (value !== undefined && typeof value !== "string") throw wrong(option, "no text");
  return value;
}

/** Errors: `option-invalid` for what is there and no list of texts. */
export function textsIn(body: Body, option: string): readonly string[] | undefined {
  const value = body[option];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.some((one) => typeof one !== "string")) throw wrong(option, "no list of texts");
  return value as string[];
}
