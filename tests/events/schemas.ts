import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../events/", import.meta.url);

export interface Property {
  readonly type?: "string" | "integer" | "boolean" | "array" | "object";
  readonly items?: Property;
  /** Of an object. */
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly const?: number;
  readonly description?: string;
}

/** The JSON Schema of one event's detail. */
export interface DetailSchema {
  readonly title: string;
  readonly description: string;
  readonly additionalProperties: boolean;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Property>>;
}

/** `secret-rotated.v1`. */
export interface EventKind {
  readonly file: string;
  readonly name: string;
  readonly version: number;
  readonly detailType: string;
  readonly schema: DetailSchema;
}

const json = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), "utf8"));

export const eventKinds: readonly EventKind[] = readdirSync(folder)
  .filter((file) => file.endsWith(".schema.json"))
  .sort()
  .map((file) => {
    const [, name = "", version = ""] = /^([a-z-]+)\.v(\d+)\.schema\.json$/.exec(file) ?? [];
    const schema = json(file) as DetailSchema;
    return { file, name, version: Number(version), detailType: schema.title.split(",")[0] ?? "", schema };
  });

export const typeName = ({ detailType, version }: EventKind): string => `${detailType.replaceAll(" ", "")}V${version}`;

/** Whether subscribers publish it, and not rekey. */
export const bySubscribers = ({ name }: EventKind): boolean => name === "secret-adopted";

/** An event as EventBridge delivers it. */
export interface Example {
  readonly file: string;
  readonly name: string;
  readonly version: number;
  readonly event: {
    readonly source: string;
    readonly "detail-type": string;
    readonly resources: readonly string[];
    readonly detail: Readonly<Record<string, unknown>>;
  };
}

export const examples: readonly Example[] = readdirSync(new URL("examples/", folder))
  .sort()
  .map((file) => {
    const [, name = "", version = ""] = /^([a-z-]+)\.v(\d+)(?:\.[a-z-]+)?\.json$/.exec(file) ?? [];
    return { file, name, version: Number(version), event: json(`examples/${file}`) as Example["event"] };
  });

export const writtenFile = (name: string): string => readFileSync(new URL(name, folder), "utf8");
