import { memberAt } from "../answers/member-at.ts";

/** `source` of an event as EventBridge delivers it; `undefined` for a text that is none. */
export function eventSourceOf(body: string): string | undefined {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    // What is not JSON is no event.
  }
  const source = memberAt(event, "source");
  return typeof source === "string" ? source : undefined;
}
