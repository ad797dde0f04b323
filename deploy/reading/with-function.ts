import { isMembers, type Members, membersOf } from "../../shared/answers/members.ts";
import { pascalCase } from "./function-names.ts";

/** A rotation function that a template gets in addition to its own. */
export interface AddedFunction {
  /** `rotate-` and lower-case words. */
  readonly name: string;
  readonly description: string;
  /** The folder of its `index.mjs`, from the template. */
  readonly codeUri: string;
  /** Whether it may read administrators' secrets and has the owner's grants. */
  readonly admins: boolean;
}

/** The functions whose every mention is repeated for a new one. Neither has rights or variables of its own. */
const likeThis = { withAdmins: "rotate-rabbitmq", withoutAdmins: "rotate-signing-key" } as const;

const spellings = (name: string): readonly [string, string, string] => [
  pascalCase(name),
  name,
  name.replaceAll("-", "_"),
];

/**
 * The template with one more rotation function, which stands wherever a function of its kind does: itself, its role, its log
 * group, Secrets Manager's right to invoke it, the alarms, the lists of who may publish and assume. So it gets the rights that
 * rekey's own have, and no more.
 */
export function withFunction(template: Members, { name, description, codeUri, admins }: AddedFunction): Members {
  const like = admins ? likeThis.withAdmins : likeThis.withoutAdmins;
  const renames = spellings(like).map((before, at) => [before, spellings(name)[at] ?? name] as const);
  const renamed = (text: string): string =>
    renames.reduce((rest, [before, after]) => rest.replaceAll(before, after), text);
  const mentions = (value: unknown): boolean => {
    const text = JSON.stringify(value) ?? "";
    return renames.some(([before]) => text.includes(before));
  };
  const copyOf = (value: unknown): unknown => JSON.parse(renamed(JSON.stringify(value)));

  /** The items of a list that mention the function are repeated; the arguments of CloudFormation's functions are no list. */
  function grown(value: unknown, isArguments = false): unknown {
    if (Array.isArray(value)) {
      return isArguments
        ? value.map((one) => grown(one))
        : value.flatMap((one: unknown) => (mentions(one) ? [one, copyOf(one)] : [one]));
    }
    if (!isMembers(value) || !mentions(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, member]) =>
        mentions(key)
          ? [
              [key, member],
              [renamed(key), copyOf(member)],
            ]
          : [[key, grown(member, key.startsWith("Fn::"))]],
      ),
    );
  }

  const more = membersOf(grown(template));
  const resources = membersOf(more["Resources"]);
  const id = pascalCase(name);
  const own = membersOf(resources[id]);
  const outputs = membersOf(more["Outputs"]);
  const properties = { ...membersOf(own["Properties"]), Description: description, CodeUri: codeUri };
  const output = { ...membersOf(outputs[`${id}Arn`]), Description: `The rotation function ${name}.` };
  return {
    ...more,
    Resources: { ...resources, [id]: { ...own, Properties: properties } },
    Outputs: { ...outputs, [`${id}Arn`]: output },
  };
}
