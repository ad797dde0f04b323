const ipv6 = /^\[?[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?\]?$/i;

/** Why a text is no host by itself, and what to do about it; `undefined` for a name, an address or a socket's path. */
export function hostProblem(host: string): string | undefined {
  if (/\s/.test(host)) return "has a blank; remove it";
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(host)) return "is a URL; give the host name alone, without a scheme";
  if (host.startsWith("/")) return undefined;
  if (/^(?:[^:]*|\[.*\]):\d*$/.test(host)) return "ends with a port; move the port to the field port";
  if (/[,;]/.test(host)) return "names several hosts; give one here, and the others in the field hosts";
  if (/[/\\?#@'"]/.test(host)) return "has more than a host name in it; give the host name alone";
  if (host.endsWith(".")) return "ends with a dot; remove it";
  return host.includes(":") && !ipv6.test(host) ? "is neither a host name nor an address" : undefined;
}
