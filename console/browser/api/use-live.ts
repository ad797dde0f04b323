import { useEffect, useRef, useState } from "preact/hooks";

/** `over`: the stream said its last. `lost`: the browser tries again. `refused`: it does not, since the session has ended. */
export type Connection = "live" | "over" | "lost" | "refused";

/** Hears the events of a stream by their names; the browser reconnects by itself. A listener that returns `true` ends it. */
export function useLive(
  path: string | undefined,
  listeners: Readonly<Record<string, (data: unknown) => unknown>>,
): Connection {
  const newest = useRef(listeners);
  newest.current = listeners;
  const [connection, setConnection] = useState<Connection>("live");
  useEffect(() => {
    if (path === undefined) return undefined;
    const source = new EventSource(`/api${path}`);
    source.addEventListener("open", () => setConnection("live"));
    source.addEventListener("error", () =>
      setConnection(source.readyState === EventSource.CLOSED ? "refused" : "lost"),
    );
    for (const name of Object.keys(newest.current)) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        if (newest.current[name]?.(JSON.parse(data)) !== true) return;
        source.close();
        setConnection("over");
      });
    }
    return () => source.close();
  }, [path]);
  return connection;
}
