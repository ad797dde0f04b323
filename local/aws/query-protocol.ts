type FormNode = Map<string, FormNode> | string;

function grow(form: URLSearchParams): Map<string, FormNode> {
  const root = new Map<string, FormNode>();
  for (const [name, value] of form) {
    const path = name.split(".");
    const leaf = path.pop() ?? "";
    let node = root;
    for (const step of path) {
      const next = node.get(step);
      if (next instanceof Map) node = next;
      else {
        const made = new Map<string, FormNode>();
        node.set(step, made);
        node = made;
      }
    }
    node.set(leaf, value);
  }
  return root;
}

const inOrder = (node: Map<string, FormNode>): FormNode[] =>
  [...node].sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);

function collapse(node: FormNode): unknown {
  if (typeof node === "string") return node;
  const members = node.get("member");
  if (members instanceof Map) return inOrder(members).map(collapse);
  const entries = node.get("entry");
  if (entries instanceof Map) {
    return Object.fromEntries(
      inOrder(entries).flatMap((entry) => {
        if (!(entry instanceof Map)) return [];
        const key = entry.get("key") ?? entry.get("Name") ?? entry.get("Key");
        const value = entry.get("value") ?? entry.get("Value");
        return typeof key === "string" && value !== undefined ? [[key, collapse(value)]] : [];
      }),
    );
  }
  return Object.fromEntries([...node].map(([key, value]) => [key, collapse(value)]));
}

/** The form of the AWS query protocol as a tree: `X.member.N` becomes a list, `X.entry.N.key/value` a record. */
export function readForm(form: URLSearchParams): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...grow(form)].map(([key, value]) => [key, collapse(value)]));
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeXml = (text: string): string => text.replaceAll(/[&<>"]/gu, (char) => entities[char] ?? char);

/** A value in the query protocol's XML: lists as `<member>`, a `Map` as `<entry>`, `undefined` left out. */
export function toXml(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join("");
  if (value instanceof Map) {
    return [...value]
      .map(([key, item]) => `<entry><key>${toXml(key)}</key><value>${toXml(item)}</value></entry>`)
      .join("");
  }
  if (typeof value === "object") {
    return Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => `<${key}>${toXml(item)}</${key}>`)
      .join("");
  }
  return typeof value === "string" ? escapeXml(value) : JSON.stringify(value);
}
