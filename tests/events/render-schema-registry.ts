import { stringify } from "yaml";
import { bySubscribers, type EventKind, eventKinds, type Property, typeName } from "./schemas.ts";

/** OpenAPI 3.0 has no `const`, and wants a type beside `enum`. */
const openApiProperty = ({ const: only, description: _description, ...property }: Property): object => ({
  type: only === undefined ? "string" : "integer",
  ...property,
  ...(only === undefined ? {} : { enum: [only] }),
});

/** An event as EventBridge delivers it, in the form that its schema registry and code bindings know. */
export function openApiOf(kind: EventKind): object {
  const { description, additionalProperties, required, properties } = kind.schema;
  const Detail = {
    type: "object",
    additionalProperties,
    required,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, openApiProperty(property)]),
    ),
  };
  const text = { type: "string" };
  const AWSEvent = {
    type: "object",
    required: ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"],
    "x-amazon-events-detail-type": kind.detailType,
    "x-amazon-events-source": bySubscribers(kind) ? "rekey.subscriber" : "rekey",
    properties: {
      version: text,
      id: text,
      "detail-type": text,
      source: text,
      account: text,
      time: { type: "string", format: "date-time" },
      region: text,
      resources: { type: "array", items: text },
      detail: { $ref: "#/components/schemas/Detail" },
    },
  };
  const info = { version: `${kind.version}.0.0`, title: typeName(kind), description };
  return { openapi: "3.0.0", info, paths: {}, components: { schemas: { AWSEvent, Detail } } };
}

/** `templates/event-schemas.yaml`: the schemas in EventBridge's registry. */
export function renderSchemaTemplate(): string {
  const schemas = eventKinds.map((kind) => [
    typeName(kind),
    {
      Type: "AWS::EventSchemas::Schema",
      Properties: {
        RegistryName: { "Fn::GetAtt": ["Registry", "RegistryName"] },
        SchemaName: `${bySubscribers(kind) ? "rekey.subscriber" : "rekey"}@${typeName(kind)}`,
        Description: `${kind.detailType}, version ${kind.version}`,
        Type: "OpenApi3",
        Content: JSON.stringify(openApiOf(kind)),
      },
    },
  ]);
  const template = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "The events of rekey's bus for EventBridge's schema registry. Made from events/ by npm run docs.",
    Parameters: { RegistryName: { Type: "String", Default: "rekey-events" } },
    Resources: {
      Registry: {
        Type: "AWS::EventSchemas::Registry",
        Properties: {
          RegistryName: { Ref: "RegistryName" },
          Description: "Events about secrets. No event holds a value.",
        },
      },
      ...Object.fromEntries(schemas),
    },
  };
  return stringify(template, { lineWidth: 0 });
}
