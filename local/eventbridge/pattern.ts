import { isMembers, type Members } from "../../shared/answers/members.ts";
import { AwsError } from "../aws/service.ts";

/** Whether an event fits. */
export type EventPattern = (event: Members) => boolean;
/** Whether one value of the event, a leaf, fits; `undefined` stands for an absent key. */
type Test = (value: unknown) => boolean;

const invalid = (reason: string): AwsError =>
  new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);

const asText = (value: unknown, operator: string): string => {
  if (typeof value !== "string") throw invalid(`${operator} match pattern must be a string`);
  return value;
};

function wildcard(pattern: string): RegExp {
  if (pattern.includes("**")) throw invalid("Consecutive wildcard characters");
  const source = pattern
    .split(/(\\[*\\]|\*)/u)
    .map((part) =>
      part === "*" ? ".*" : part.replace(/^\\([*\\])$/u, "$1").replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`),
    )
    .join("");
  return new RegExp(`^${source}$`, "su");
}

const onText =
  (test: (text: string) => boolean): Test =>
  (value) =>
    typeof value === "string" && test(value);

/** `prefix` and `suffix`, each also as `{"equals-ignore-case": text}`. */
function affix(operand: unknown, operator: "prefix" | "suffix"): Test {
  const fits = (value: string, part: string): boolean =>
    operator === "prefix" ? value.startsWith(part) : value.endsWith(part);
  if (isMembers(operand)) {
    const part = asText(operand["equals-ignore-case"], operator).toLowerCase();
    return onText((value) => fits(value.toLowerCase(), part));
  }
  const part = asText(operand, operator);
  return onText((value) => fits(value, part));
}

function numeric(operand: unknown): Test {
  if (!Array.isArray(operand) || operand.length < 2 || operand.length % 2 !== 0) {
    throw invalid("Value of numeric must be a list of operators and numbers");
  }
  const terms: readonly unknown[] = operand;
  const bounds = terms.flatMap((operator, index) => {
    if (index % 2 === 1) return [];
    const bound = terms[index + 1];
    if (typeof bound !== "number" || Math.abs(bound) > 5e9) throw invalid("Value of numeric must be within +/-5e9");
    if (typeof operator !== "string" || !["<", "<=", "=", ">=", ">"].includes(operator)) {
      throw invalid(`Unrecognized numeric range operator: ${String(operator)}`);
    }
    return [{ operator, bound }];
  });
  return (value) =>
    typeof value === "number" &&
    bounds.every(({ operator, bound }) => {
      if (operator === "=") return value === bound;
      if (operator.endsWith("=") && value === bound) return true;
      return operator.startsWith("<") ? value < bound : value > bound;
    });
}

function cidr(operand: unknown): Test {
  const asNumber = (address: string): number | undefined => {
    const bytes = address.split(".").map(Number);
    const good = bytes.length === 4 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
    return good ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : undefined;
  };
  const [address = "", bits = ""] = asText(operand, "cidr").split("/");
  const network = asNumber(address);
  const size = 2 ** (32 - Number(bits));
  if (network === undefined || !/^\d+$/u.test(bits) || Number(bits) > 32) throw invalid("Malformed CIDR");
  return onText((value) => {
    const host = asNumber(value);
    return host !== undefined && Math.floor(host / size) === Math.floor(network / size);
  });
}

function anythingBut(operand: unknown): Test {
  const unwanted = isMembers(operand)
    ? operators(operand, ["prefix", "suffix", "wildcard", "equals-ignore-case"])
    : undefined;
  const alternatives: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (
    unwanted === undefined &&
    !alternatives.every((value) => typeof value === "string" || typeof value === "number")
  ) {
    throw invalid("Value of anything-but must be an array or single string/number value.");
  }
  return (value) => value !== undefined && !(unwanted?.(value) ?? alternatives.includes(value));
}

const matchers: Readonly<Record<string, (operand: unknown) => Test>> = {
  prefix: (operand) => affix(operand, "prefix"),
  suffix: (operand) => affix(operand, "suffix"),
  "equals-ignore-case": (operand) => {
    const text = asText(operand, "equals-ignore-case").toLowerCase();
    return onText((value) => value.toLowerCase() === text);
  },
  wildcard: (operand) => {
    const expression = wildcard(asText(operand, "wildcard"));
    return onText((value) => expression.test(value));
  },
  "anything-but": anythingBut,
  numeric,
  cidr,
  exists: (operand) => {
    if (typeof operand !== "boolean") throw invalid("exists match pattern must be either true or false.");
    return (value) => (value !== undefined) === operand;
  },
};

/** One `{"operator": operand}`; inside anything-but, a list of operands means any of them. */
function operators(filter: Members, allowed: readonly string[]): Test {
  const [name, ...more] = Object.keys(filter);
  const matcher = name !== undefined && Object.hasOwn(matchers, name) ? matchers[name] : undefined;
  if (name === undefined || matcher === undefined || more.length > 0 || !allowed.includes(name)) {
    throw invalid(`Unrecognized match type ${String(name)}`);
  }
  const operand = filter[name];
  if (!Array.isArray(operand) || name === "numeric" || name === "anything-but") return matcher(operand);
  const tests = operand.map(matcher);
  return (value) => tests.some((test) => test(value));
}

function leaf(alternatives: readonly unknown[]): Test {
  if (alternatives.length === 0) throw invalid("Empty arrays are not allowed");
  const tests = alternatives.map((alternative): Test => {
    if (isMembers(alternative)) return operators(alternative, Object.keys(matchers));
    if (Array.isArray(alternative)) throw invalid("Match value must be String, number, true, false, or null");
    return (value) => value === alternative;
  });
  return (value) => {
    // An object is no leaf: for the operators the key is then absent.
    const leaves = (Array.isArray(value) ? value : [value]).filter((item: unknown) => !isMembers(item));
    return (leaves.length === 0 ? [undefined] : leaves).some((item: unknown) => tests.some((test) => test(item)));
  };
}

function branch(pattern: Members): EventPattern {
  const parts = Object.entries(pattern).map(([key, value]): EventPattern => {
    if (key === "$or" && Array.isArray(value) && value.every(isMembers)) {
      const alternatives = value.map(branch);
      return (event) => alternatives.some((matches) => matches(event));
    }
    if (Array.isArray(value)) {
      const test = leaf(value);
      return (event) => test(event[key]);
    }
    if (!isMembers(value)) throw invalid(`"${key}" must be an object or an array`);
    const matches = branch(value);
    return (event) => {
      const inner = event[key];
      const objects: readonly unknown[] = Array.isArray(inner) ? inner : [inner ?? {}];
      return objects.some((object) => isMembers(object) && matches(object));
    };
  });
  if (parts.length === 0) throw invalid("Empty objects are not allowed");
  return (event) => parts.every((matches) => matches(event));
}

/** How many rules without `$or` a pattern stands for. */
function combinations(pattern: Members): number {
  return Object.entries(pattern).reduce((product, [key, value]) => {
    if (key === "$or" && Array.isArray(value)) {
      return product * value.filter(isMembers).reduce((sum, alternative) => sum + combinations(alternative), 0);
    }
    return isMembers(value) ? product * combinations(value) : product;
  }, 1);
}

/** An event pattern of EventBridge, also SNS's filter policies, which may be longer. Errors: `InvalidEventPatternException`. */
export function compilePattern(json: string, mostCharacters = 4096): EventPattern {
  let pattern: unknown;
  try {
    pattern = JSON.parse(json);
  } catch {
    throw invalid("Event pattern is not valid JSON");
  }
  if (!isMembers(pattern)) throw invalid("Filter is not an object");
  if (json.length > mostCharacters) throw invalid(`Event pattern is longer than ${mostCharacters} characters`);
  if (combinations(pattern) > 1000) throw invalid("Too many combinations of $or: at most 1000");
  return branch(pattern);
}
