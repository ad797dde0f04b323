import { RekeyError } from "../errors/rekey-error.ts";

/** A function's environment variables; an empty one counts as unset. */
export interface Environment {
  text(name: string): string | undefined;
  /** Errors: `option-invalid`, naming the variable. */
  required(name: string): string;
  list(name: string): readonly string[];
}

export function environmentOf(variables: Readonly<Record<string, string | undefined>>): Environment {
  const text = (name: string): string | undefined => {
    const value = variables[name]?.trim();
    return value === "" ? undefined : value;
  };
  return {
    text,
    required(name) {
      const value = text(name);
      if (value === undefined)
        throw new RekeyError("option-invalid", { context: { option: name, problem: "not set" } });
      return value;
    },
    list: (name) =>
      (text(name) ?? "")
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
  };
}
