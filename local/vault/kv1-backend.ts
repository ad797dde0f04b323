import { type Backend, noContent, notFound, reply, unsupportedOperation } from "./exchange.ts";
import type { Input } from "./input.ts";
import { keysBelow } from "./keys-below.ts";
import { maxLeaseSeconds } from "./tokens.ts";

/** A KV version 1 mount: one flat value a key, which is also where a version 2 write by mistake ends. */
export function kv1Backend(): Backend {
  const values = new Map<string, Input>();
  return {
    exists: (path) => values.has(path),
    handle({ operation, path, input }) {
      switch (operation) {
        case "read": {
          const data = values.get(path);
          if (data === undefined) throw notFound();
          return reply({ data, lease_duration: maxLeaseSeconds });
        }
        case "write":
          values.set(path, input);
          return noContent;
        case "delete":
          values.delete(path);
          return noContent;
        case "list": {
          const keys = keysBelow(values.keys(), path);
          if (keys.length === 0) throw notFound();
          return reply({ data: { keys } });
        }
        case "patch":
          throw unsupportedOperation();
      }
    },
  };
}
