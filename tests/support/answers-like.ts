import fc from "fast-check";

/** Honest answers as JSON, with one of the first members of one of them replaced by any JSON. */
export const answersLike = (honest: readonly unknown[], members: number): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...honest), fc.nat(members), fc.jsonValue({ maxDepth: 3 })).map(([whole, at, other]) => {
    let index = 0;
    return JSON.stringify(whole, (_name, value: unknown) => (index++ === at ? other : value));
  });
