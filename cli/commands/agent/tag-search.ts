import { translateError } from "../../../shared/aws/errors/translate-error.ts";
import type { SearchingApi } from "../../../shared/aws/signed/secrets-manager-api.ts";
import type { SecretSource, SourceCall } from "../../../shared/client/sources/secret-source.ts";

/** A source that also finds secrets. */
export interface SearchingSource extends SecretSource {
  /** The names of at most `most` secrets that have the tag, whatever its value. Rejects with a `RekeyError`. */
  withTag(key: string, most: number, call: SourceCall): Promise<readonly string[]>;
}

const longestPage = 100;

/** By ListSecrets. Its filter finds tags that begin with the key, so the tags themselves are compared. Errors: those of the store. */
export async function secretsWithTag(
  api: Pick<SearchingApi, "listSecrets">,
  key: string,
  most: number,
  call: SourceCall,
): Promise<readonly string[]> {
  const found: string[] = [];
  let token: string | undefined;
  do {
    const page = { Filters: [{ Key: "tag-key" as const, Values: [key] }], MaxResults: longestPage, NextToken: token };
    const { SecretList = [], NextToken } = await api
      .listSecrets(page, { abortSignal: call.signal })
      .catch((error: unknown) => {
        throw translateError(error, call, { operation: "ListSecrets", tag: key });
      });
    const tagged = SecretList.filter(({ Tags = [] }) => Tags.some(({ Key }) => Key === key));
    found.push(...tagged.flatMap(({ Name = [] }) => Name));
    token = NextToken;
  } while (token !== undefined && found.length < most);
  return found.slice(0, most);
}
