import { createHash } from "node:crypto";
import type { MessageAttribute, MessageAttributes } from "../aws/delivery.ts";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalText, record, text } from "../aws/members.ts";
import { AwsError } from "../aws/service.ts";

export const md5 = (data: string | Buffer): string => createHash("md5").update(data).digest("hex");

const binary = (attribute: MessageAttribute): boolean => attribute.DataType.startsWith("Binary");

/** The message attributes of a request. Errors: `InvalidParameterValue`. */
export function readMessageAttributes(input: Members): MessageAttributes {
  return Object.fromEntries(
    Object.entries(record(input, "MessageAttributes")).map(([name, value]) => {
      if (!isMembers(value)) throw new AwsError("InvalidParameterValue", `The attribute ${name} has no value.`);
      const dataType = text(value, "DataType");
      const content = optionalText(value, dataType.startsWith("Binary") ? "BinaryValue" : "StringValue");
      if (!/^(?:String|Number|Binary)(?:\..+)?$/u.test(dataType) || content === undefined || content === "") {
        throw new AwsError("InvalidParameterValue", `The message attribute '${name}' has an invalid type or no value.`);
      }
      return [
        name,
        {
          DataType: dataType,
          ...(dataType.startsWith("Binary") ? { BinaryValue: content } : { StringValue: content }),
        },
      ];
    }),
  );
}

/** SQS's digest of message attributes, which SDKs verify: lengths big-endian in 4 bytes, sorted by name. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const sized = (data: Buffer): Buffer[] => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return [length, data];
  };
  const parts = names.flatMap((name) => {
    const attribute = attributes[name];
    if (attribute === undefined) return [];
    const value = binary(attribute)
      ? Buffer.from(attribute.BinaryValue ?? "", "base64")
      : Buffer.from(attribute.StringValue ?? "");
    return [
      ...sized(Buffer.from(name)),
      ...sized(Buffer.from(attribute.DataType)),
      Buffer.from([binary(attribute) ? 2 : 1]),
      ...sized(value),
    ];
  });
  return md5(Buffer.concat(parts));
}

/** The attributes that `MessageAttributeNames` asks for: names, `All`, or a prefix with `.*`. */
export function selectAttributes(attributes: MessageAttributes, wanted: readonly string[]): MessageAttributes {
  const isWanted = (name: string): boolean =>
    wanted.some(
      (pattern) =>
        pattern === "All" ||
        pattern === ".*" ||
        pattern === name ||
        (pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -2))),
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isWanted(name)));
}
