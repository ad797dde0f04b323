import type { Members } from "../../shared/answers/members.ts";
import { recordList, textList } from "../aws/members.ts";
import { asText, requiredText, secretIdOf } from "./input.ts";
import type { Backend, Operations } from "./operations.ts";

const keyLength = { min: 1, max: 128 };

/** The tags of a request. */
export const tagsOf = (input: Members): readonly (readonly [string, string])[] =>
  recordList(input, "Tags").map((tag) => [
    requiredText(tag, "Key", keyLength),
    requiredText({ Value: "", ...tag }, "Value", { max: 256 }),
  ]);

export function tagOperations({ table, nowMs }: Backend): Operations {
  return {
    TagResource(input, { region }) {
      const { state } = table(region).openPrimary(secretIdOf(input));
      for (const [key, value] of tagsOf(input)) state.tags.set(key, value);
      state.tagged = true;
      state.changedMs = nowMs();
      return {};
    },
    UntagResource(input, { region }) {
      const { state } = table(region).openPrimary(secretIdOf(input));
      for (const key of textList(input, "TagKeys")) state.tags.delete(asText("TagKeys", key, keyLength));
      state.changedMs = nowMs();
      return {};
    },
  };
}
