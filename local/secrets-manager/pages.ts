import type { Members } from "../../shared/answers/members.ts";
import { limitedInteger, limitedText } from "./input.ts";
import { refusals } from "./messages.ts";

const prefix = "page-from-";
const tokenAt = (index: number): string => Buffer.from(`${prefix}${index}`).toString("base64url");

function indexOf(token: string): number {
  const index = Buffer.from(token, "base64url").toString().slice(prefix.length);
  if (!/^\d+$/u.test(index) || tokenAt(Number(index)) !== token) throw refusals.nextToken();
  return Number(index);
}

/**
 * The part of a list that MaxResults and NextToken of the request ask for. Errors: `InvalidNextTokenException`,
 * `InvalidParameterException`.
 */
export function pageOf<Item>(
  items: readonly Item[],
  input: Members,
  largest: number,
): { readonly page: readonly Item[]; readonly NextToken: string | undefined } {
  const size = limitedInteger(input, "MaxResults", { min: 1, max: largest }) ?? largest;
  const token = limitedText(input, "NextToken", { min: 1, max: 4096 });
  const from = token === undefined ? 0 : indexOf(token);
  const to = from + size;
  return { page: items.slice(from, to), NextToken: to < items.length ? tokenAt(to) : undefined };
}
