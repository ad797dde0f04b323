/** What is the same for every reader of the template's parameters. */
interface Declaration {
  readonly Type?: unknown;
  readonly AllowedValues?: unknown;
}

export const isList = ({ Type }: Declaration): boolean => /^(?:CommaDelimitedList|List<)/u.test(String(Type));

export const isBoolean = ({ AllowedValues: allowed }: Declaration): boolean =>
  Array.isArray(allowed) && allowed.join() === "true,false";

/** A description or a default; an empty text where there is none. */
export const scalar = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";
