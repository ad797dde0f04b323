import { RekeyError } from "../../errors/reading-error.ts";

export interface EndpointOptions {
  readonly region?: string | undefined;
  /** In place of AWS's own, with its scheme. */
  readonly endpoint?: string | undefined;
  readonly useFips?: boolean | undefined;
  readonly useDualStack?: boolean | undefined;
}

export interface Endpoint {
  readonly url: URL;
  readonly region: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * AWS's partitions by how their regions begin: the domains, and those of dual-stack endpoints where Secrets Manager's ordinary
 * ones do not answer by IPv6 as well.
 */
const partitions: readonly (readonly [regions: string, domain: string, dualStack?: string])[] = [
  ["cn-", "amazonaws.com.cn"],
  ["us-isob-", "sc2s.sgov.gov", "api.aws.scloud"],
  ["us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"],
  ["us-iso-", "c2s.ic.gov", "api.aws.ic.gov"],
  ["eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"],
  ["eusc-", "amazonaws.eu", "api.amazonwebservices.eu"],
  ["", "amazonaws.com"],
];

const refused = (option: string, hint: string): RekeyError =>
  new RekeyError("option-invalid", { context: { option }, hint });

function regionOf({ region }: EndpointOptions, variables: Variables): string {
  const found = region ?? variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"];
  // It becomes a part of a host's name.
  if (found !== undefined && /^[a-z]{2,5}(-[a-z]+)+-\d+$/.test(found)) return found;
  throw refused("region", "give a region such as eu-central-1, or set AWS_REGION");
}

function givenUrl(option: string, text: string): URL {
  // URL.parse would need Node.js 22.
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:\/\/[^/@?#]+\/?$/.test(text)) return url;
  throw refused(option, "give scheme and host, such as https://secretsmanager.eu-central-1.amazonaws.com");
}

/**
 * Where a service of AWS is, by the options and by the variables that the AWS SDKs know: `AWS_REGION`, `AWS_DEFAULT_REGION`,
 * `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, `AWS_USE_FIPS_ENDPOINT` and
 * `AWS_USE_DUALSTACK_ENDPOINT`. Errors: `option-invalid`.
 */
export function endpointOf(service: string, options: EndpointOptions, variables: Variables): Endpoint {
  const region = regionOf(options, variables);
  const variable = `AWS_ENDPOINT_URL_${service === "secretsmanager" ? "SECRETS_MANAGER" : service.toUpperCase()}`;
  const ignores = variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true";
  const configured = ignores ? undefined : (variables[variable] ?? variables["AWS_ENDPOINT_URL"]);
  const given = options.endpoint ?? configured;
  if (given !== undefined && given !== "") {
    return { region, url: givenUrl(options.endpoint === undefined ? variable : "endpoint", given) };
  }
  const useFips = options.useFips ?? variables["AWS_USE_FIPS_ENDPOINT"] === "true";
  const useDualStack = options.useDualStack ?? variables["AWS_USE_DUALSTACK_ENDPOINT"] === "true";
  const [, domain = "", dualStack] = partitions.find(([regions]) => region.startsWith(regions)) ?? [];
  const suffix = useDualStack ? dualStack : domain;
  return { region, url: new URL(`https://${service}${useFips ? "-fips" : ""}.${region}.${suffix ?? domain}`) };
}
