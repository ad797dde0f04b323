import type { Members } from "../../shared/answers/members.ts";
import { optionalText, recordList, text, textList } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";
import { longestInline } from "../template/limits.ts";
import type { StackRecord, StackRequest } from "../template/stacks.ts";
import { defined } from "../../shared/secrets/defined.ts";

export const validation = (message: string): AwsError => new AwsError("ValidationError", message);

/** Where templates come from that a request only names. */
export type ReadTemplateAt = (url: string) => Promise<string>;

/** The template of a request. `previous` is that of the stack, for `UsePreviousTemplate`. Errors: `ValidationError`. */
async function bodyOf(input: Members, readAt: ReadTemplateAt, previous: string | undefined): Promise<string> {
  const body = optionalText(input, "TemplateBody");
  const url = optionalText(input, "TemplateURL");
  if (body !== undefined && Buffer.byteLength(body) > longestInline)
    throw validation(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${longestInline}`,
    );
  if (body !== undefined) return body;
  if (url !== undefined) return readAt(url);
  if (input["UsePreviousTemplate"] === "true" && previous !== undefined) return previous;
  throw validation("Either Template URL or Template Body must be specified.");
}

function parametersOf(input: Members, previous: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    recordList(input, "Parameters").flatMap((parameter) => {
      const name = text(parameter, "ParameterKey");
      const value = optionalText(parameter, "ParameterValue");
      if (parameter["UsePreviousValue"] !== "true") return [[name, value ?? ""]];
      const before = previous[name];
      return before === undefined ? [] : [[name, before]];
    }),
  );
}

/** `undefined`: the request names none. */
function tagsOf(input: Members): Readonly<Record<string, string>> | undefined {
  if (!("Tags" in input)) return undefined;
  return Object.fromEntries(recordList(input, "Tags").map((tag) => [text(tag, "Key"), text(tag, "Value")]));
}

/** What a request wants of a stack. Errors: `ValidationError`. */
export async function stackRequest(
  input: Members,
  settings: { readonly readAt: ReadTemplateAt; readonly folder: string; readonly before: StackRecord | undefined },
): Promise<StackRequest> {
  const { readAt, folder, before } = settings;
  return {
    name: text(input, "StackName"),
    body: await bodyOf(input, readAt, before?.request.body),
    folder,
    parameters: parametersOf(input, before?.request.parameters ?? {}),
    tags: tagsOf(input) ?? before?.request.tags ?? {},
    ...defined({ environment: before?.request.environment }),
  };
}

/** The template that is only looked at. Errors: `ValidationError`. */
export const templateBody = async (input: Members, readAt: ReadTemplateAt, before?: StackRecord): Promise<string> =>
  bodyOf(input, readAt, before?.request.body);

export const capabilitiesOf = (input: Members): readonly string[] => textList(input, "Capabilities");
