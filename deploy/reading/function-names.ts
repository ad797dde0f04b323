/** The engines that a template has rotation functions for, which are named after them. */
export const rotationEngines = (resources: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.values(resources).flatMap((resource) => {
    const name = JSON.stringify(Object(Object(resource)["Properties"])["FunctionName"] ?? "");
    return /-rotate-([a-z-]+)"/u.exec(name)?.[1] ?? [];
  });

/** `rotate-http-api-key` → `RotateHttpApiKey`. */
export const pascalCase = (name: string): string =>
  name.replaceAll(/(?:^|-)([a-z])/gu, (_all, letter: string) => letter.toUpperCase());
