import type { Context } from "hono";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";

const wrong = (option: string, problem: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option, problem }, hint: "reload the page" });

/** Errors: `option-invalid` for what is no JSON object. */
export async function bodyOf(context: Context): Promise<Members> {
  const body: unknown = await context.req.json().catch(() => undefined);
  if (!isMembers(body)) throw wrong("body", "no JSON object");
  return body;
}

/** Errors: `option-invalid` for what is there and no text. */
export function textIn(body: Members, option: string): string | undefined {
  const value = body[option];
  if (value !== undefined && typeof value !== "string") throw wrong(option, "no text");
  return value;
}

/** Errors: `option-invalid` for what is there and no list of texts. */
export function textsIn(body: Members, option: string): readonly string[] | undefined {
  const value = body[option];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.some((one) => typeof one !== "string")) throw wrong(option, "no list of texts");
  return value as string[];
}
