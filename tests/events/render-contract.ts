import { bySubscribers, type EventKind, eventKinds, type Property, typeName } from "./schemas.ts";

const types: Readonly<Record<NonNullable<Property["type"]>, string>> = {
  array: "readonly string[]",
  boolean: "boolean",
  integer: "number",
  string: "string",
};

const typeOf = ({ const: only, enum: allowed, type = "string" }: Property): string =>
  only === undefined ? (allowed?.map((value) => JSON.stringify(value)).join(" | ") ?? types[type]) : `${only}`;

/** `events/details.ts`: the schemas as TypeScript. */
export function renderTypes(): string {
  const interfaces = eventKinds.map((kind) => {
    const { description, properties, required } = kind.schema;
    const fields = Object.entries(properties).map(
      ([name, property]) => `  readonly ${name}${required.includes(name) ? "" : "?"}: ${typeOf(property)};`,
    );
    return [`/** ${description} */`, `export interface ${typeName(kind)} {`, ...fields, "}", ""].join("\n");
  });
  const newest = Map.groupBy(eventKinds, ({ detailType }) => detailType);
  const rows = [...newest].map(
    ([detailType, kinds]) => `  readonly ${JSON.stringify(detailType)}: ${kinds.map(typeName).join(" | ")};`,
  );
  return [
    "// Made from the schemas beside it by `npm run docs`.",
    "",
    ...interfaces,
    "/** What may stand in `detail`, by detail-type; `schemaVersion` tells versions apart. */",
    "export interface DetailByType {",
    ...rows,
    "}",
    "",
  ].join("\n");
}

/** `events/asyncapi.json`: the bus and what is published on it. */
export function renderAsyncApi(): string {
  const key = ({ name, version }: EventKind): string => `${name}-v${version}`;
  const messages = Object.fromEntries(
    eventKinds.map((kind) => [
      key(kind),
      {
        name: kind.detailType,
        title: kind.schema.title.replace(": the detail", ""),
        summary: kind.schema.description,
        contentType: "application/json",
        payload: { $ref: `./${kind.file}` },
      },
    ]),
  );
  const onChannel = Object.fromEntries(
    Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
  );
  const references = (kinds: readonly EventKind[]): readonly object[] =>
    kinds.map((kind) => ({ $ref: `#/channels/bus/messages/${key(kind)}` }));
  const channel = { $ref: "#/channels/bus" };
  const document = {
    asyncapi: "3.0.0",
    info: {
      title: "rekey",
      version: "1.0.0",
      description:
        "Events about secrets, on one EventBridge bus. The payload is the event's detail; detail-type is the message's name, source is rekey, and resources holds the secret's ARN. At least once, in any order. No event holds a value.",
    },
    defaultContentType: "application/json",
    channels: { bus: { address: "rekey", description: "The event bus that EventBusName names.", messages: onChannel } },
    operations: {
      publish: {
        action: "send",
        channel,
        summary: "What rekey tells.",
        messages: references(eventKinds.filter((kind) => !bySubscribers(kind))),
      },
      acknowledge: {
        action: "receive",
        channel,
        summary: "What subscribers tell rekey, each under the source rekey.subscriber.<subscriber>.",
        messages: references(eventKinds.filter(bySubscribers)),
      },
    },
    components: { messages },
  };
  return JSON.stringify(document);
}
