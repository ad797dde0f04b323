/** The same members, where none may be `undefined`: each is there with a value, or absent. */
export type Defined<Members> = { [Name in keyof Members]?: Exclude<Members[Name], undefined> };

/** Leaves out what is undefined, for an object whose members may be absent: `{ secretArn, ...defined({ versionId }) }`. */
export const defined = <Members extends object>(members: Members): Defined<Members> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<Members>;
