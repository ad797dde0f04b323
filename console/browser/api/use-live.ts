import { useEffect, useRef } from "preact/hooks";

/** Hears the events of a stream by their names; the browser reconnects by itself. A listener that returns `true` ends it. */
export function useLive(
  path: string | undefined,
  listeners: Readonly<Record<string, (data: unknown) => unknown>>,
): void {
  const newest = useRef(listeners);
  newest.current = listeners;
  useEffect(() => {
    if (path === undefined) return undefined;
    const source = new EventSource(`/api${path}`);
    for (const name of Object.keys(newest.current)) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        if (newest.current[name]?.(JSON.parse(data)) === true) source.close();
      });
    }
    return () => source.close();
  }, [path]);
}
