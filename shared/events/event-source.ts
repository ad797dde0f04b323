/** `source` of an event as EventBridge delivers it; `undefined` for a text that is none. */
export function eventSourceOf(body: string): string | undefined {
  try {
    const { source }: Partial<Record<string, unknown>> = { ...JSON.parse(body) };
    return typeof source === "string" ? source : undefined;
  } catch {
    return undefined;
  }
}
