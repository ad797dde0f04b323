import { bySubscribers, type EventKind, eventKinds, type Property, typeName } from "./schemas.ts";

const types = { boolean: "boolean", integer: "number", string: "string" } as const;

const fieldsOf = ({ schema }: EventKind): readonly string[] =>
  Object.keys(schema.properties).filter((name) => name !== "schemaVersion" && name !== "at");

const doc = (text: string, indentation = ""): readonly string[] => [`${indentation}/** ${text} */`];

const fieldLines = (properties: Readonly<Record<string, Property>>, required: readonly string[]): readonly string[] =>
  Object.entries(properties).flatMap(([name, property]) => [
    ...(property.description === undefined ? [] : doc(property.description, "  ")),
    `  readonly ${name}${required.includes(name) ? "" : "?"}: ${typeOf(property)};`,
  ]);

function typeOf({
  const: only,
  enum: allowed,
  type = "string",
  items = {},
  properties = {},
  required = [],
}: Property): string {
  if (only !== undefined) return `${only}`;
  if (allowed !== undefined) return allowed.map((value) => JSON.stringify(value)).join(" | ");
  if (type === "array") return `readonly ${typeOf(items)}[]`;
  return type === "object" ? ["{", ...fieldLines(properties, required), "}"].join("\n") : types[type];
}

/** `shared/events/details.ts`: the schemas as TypeScript, and the fields that the publisher takes. */
export function renderDetails(kinds: readonly EventKind[] = eventKinds): string {
  const interfaces = kinds.map((kind) => {
    const { description, properties, required } = kind.schema;
    const fields = fieldLines(properties, required);
    return [...doc(description), `export interface ${typeName(kind)} {`, ...fields, "}", ""].join("\n");
  });
  const versions = [...Map.groupBy(kinds, ({ detailType }) => detailType)];
  const published = versions.flatMap(([detailType, [...ofType]]) => {
    const newest = ofType.sort((one, other) => other.version - one.version)[0];
    return newest === undefined || bySubscribers(newest) ? [] : [{ key: JSON.stringify(detailType), newest }];
  });
  return [
    "// Made from the schemas in events/ by `npm run docs`.",
    "",
    ...interfaces,
    ...doc("What `detail` holds, by detail-type. `schemaVersion` distinguishes the versions."),
    "export interface DetailByType {",
    ...versions.map(
      ([detailType, ofType]) => `  readonly ${JSON.stringify(detailType)}: ${ofType.map(typeName).join(" | ")};`,
    ),
    "}",
    "",
    ...doc("What rekey publishes: the newest version of each."),
    "export interface PublishedDetails {",
    ...published.map(({ key, newest }) => `  readonly ${key}: ${typeName(newest)};`),
    "}",
    "",
    ...doc("The fields of each besides `schemaVersion` and `at`, which the publisher adds."),
    "export const detailFields: Readonly<Record<keyof PublishedDetails, readonly string[]>> = {",
    ...published.map(({ key, newest }) => `  ${key}: ${JSON.stringify(fieldsOf(newest))},`),
    "};",
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
