import { RekeyError } from "../../errors/rekey-error.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import type { HttpApi } from "./description.ts";

/** By the name of the secret: the one API that it may use, and as whom. */
export type ApiGrants = ReadonlyMap<string, { readonly api: string; readonly account: string }>;

export interface GrantedApi {
  readonly api: HttpApi;
  readonly account: string;
}

const variable = "REKEY_HTTP_API_GRANTS";

/** The grants with the descriptions that they name. Errors: `option-invalid` for one that is not described. */
export function grantedApis(apis: ReadonlyMap<string, HttpApi>, grants: ApiGrants): ReadonlyMap<string, GrantedApi> {
  return new Map(
    [...grants].map(([secretName, { api: name, account }]) => {
      const api = apis.get(name);
      if (api !== undefined) return [secretName, { api, account }] as const;
      throw new RekeyError("option-invalid", {
        context: { option: variable, secretName, api: name, problem: "REKEY_HTTP_APIS does not describe this API" },
        hint: "describe the API in REKEY_HTTP_APIS (template parameter HttpApis), or correct its name in the grant",
      });
    }),
  );
}

/** The API of this secret. Errors: `option-invalid` where none is granted. */
export function apiOf({ secretName = "" }: DatabaseTarget, granted: ReadonlyMap<string, GrantedApi>): GrantedApi {
  const found = granted.get(secretName);
  if (found !== undefined) return found;
  throw new RekeyError("option-invalid", {
    context: { option: variable, secretName, problem: "no API is granted to this secret" },
    hint: `if the secret holds a key of an API, add ${secretName}=<api>:<account> to REKEY_HTTP_API_GRANTS (template parameter HttpApiGrants)`,
  });
}
