/** What a request is for. */
export interface RequestTarget {
  /** The host in an absolute target, as clients send it that take the agent for their proxy. */
  readonly authority: string | undefined;
  /** From the first slash: path and query. */
  readonly target: string;
  /** The path as one of the agent's own fixed ones: each slash once, none at the end. */
  readonly fixedPath: string;
}

/** Addresses joined with one slash too many or one at the end name the same fixed path. */
export const fixedPathOf = (path: string): string => path.replaceAll(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");

/** An origin form whose path has each slash once and none at its end. */
const plain = /^(?:\/[^/?]+)+(?:\?|$)/;

/** Reads a request's target in its origin form (`/ping`), its absolute form (`http://localhost:2773/ping`) or as `*`. */
export function requestTarget(url: string): RequestTarget {
  if (plain.test(url)) return { authority: undefined, target: url, fixedPath: url.split("?", 1)[0] ?? "" };
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url);
  const authority = absolute?.[1];
  const rest = absolute?.[2] ?? url;
  const target = rest.startsWith("/") || rest === "*" ? rest : `/${rest}`;
  const [path = ""] = target.split("?", 1);
  return { authority, target, fixedPath: fixedPathOf(path) };
}
