/** A value of a JSON text, with its place in it. */
export interface JsonValue {
  readonly start: number;
  readonly end: number;
  /** The member of the outermost object that it is, or is in. */
  readonly member: string;
  /** The object or list that it is in, by number. */
  readonly parent: number;
  /** Its name in that object; `undefined` in a list. */
  readonly name: string | undefined;
  /** Of a string. */
  readonly text: string | undefined;
}

interface Open {
  readonly id: number;
  readonly start: number;
  readonly isObject: boolean;
  name: string | undefined;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;
const stringOf = (source: string): string => JSON.parse(source) as string;

/** Every value in the text of a JSON object, each after those that are in it; the text must be valid. */
export function jsonValues(source: string): readonly JsonValue[] {
  const values: JsonValue[] = [];
  const stack: Open[] = [];
  let ids = 0;
  for (const { 0: part, index } of source.matchAll(token)) {
    const holder = stack.at(-1);
    const end = index + part.length;
    const add = (start: number, within: Open | undefined, text?: string): void => {
      if (within === undefined) return;
      values.push({ start, end, member: stack[0]?.name ?? "", parent: within.id, name: within.name, text });
    };
    if (part === "{" || part === "[") {
      stack.push({ id: ids++, start: index, isObject: part === "{", name: undefined });
    } else if (part === "}" || part === "]") {
      stack.pop();
      add(holder?.start ?? 0, stack.at(-1));
    } else if (part === ",") {
      if (holder !== undefined) holder.name = undefined;
    } else if (part !== ":") {
      const isString = part.startsWith('"');
      if (holder?.isObject === true && holder.name === undefined) holder.name = stringOf(part);
      else add(index, holder, isString ? stringOf(part) : undefined);
    }
  }
  return values;
}
