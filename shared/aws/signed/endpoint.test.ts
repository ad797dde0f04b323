import { expect, test } from "vitest";
import { endpointOf } from "./endpoint.ts";

const hostOf = (variables: Readonly<Record<string, string>>, options = {}): string =>
  endpointOf("secretsmanager", options, variables).url.href;

test.each([
  ["the region's variable", { AWS_REGION: "eu-west-1" }, "https://secretsmanager.eu-west-1.amazonaws.com/"],
  ["the older variable", { AWS_DEFAULT_REGION: "eu-west-1" }, "https://secretsmanager.eu-west-1.amazonaws.com/"],
  [
    "FIPS by a variable",
    { AWS_REGION: "us-east-1", AWS_USE_FIPS_ENDPOINT: "true" },
    "https://secretsmanager-fips.us-east-1.amazonaws.com/",
  ],
  [
    "an endpoint of the service",
    {
      AWS_REGION: "us-east-1",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: "http://localhost:4566",
      AWS_ENDPOINT_URL: "http://x",
    },
    "http://localhost:4566/",
  ],
  [
    "an endpoint of all",
    { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: "http://localhost:4566/" },
    "http://localhost:4566/",
  ],
  [
    "endpoints that are to be ignored",
    { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: "http://x", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
    "https://secretsmanager.us-east-1.amazonaws.com/",
  ],
])("%s", (_what, variables, expected) => {
  expect(hostOf(variables)).toBe(expected);
});

test("options go before variables", () => {
  const variables = { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: "http://x", AWS_USE_FIPS_ENDPOINT: "true" };
  expect(hostOf(variables, { endpoint: "https://vpce-1.example" })).toBe("https://vpce-1.example/");
  expect(endpointOf("secretsmanager", { region: "cn-north-1", useFips: false }, { AWS_REGION: "x" }).url.href).toBe(
    "https://secretsmanager.cn-north-1.amazonaws.com.cn/",
  );
});

test.each([
  ["no region", {}, {}],
  ["a region that is a host", { region: "evil.example/#" }, {}],
  ["a region with a credential", { region: "a@b" }, {}],
  ["an endpoint with a path", { region: "us-east-1", endpoint: "https://x/y" }, {}],
  ["an endpoint with a credential", { region: "us-east-1", endpoint: "https://u:p@x" }, {}],
  ["an endpoint of another scheme", { region: "us-east-1" }, { AWS_ENDPOINT_URL: "ftp://x" }],
])("%s is refused", (_what, options, variables) => {
  expect(() => endpointOf("secretsmanager", options, variables)).toThrow(
    expect.objectContaining({ code: "option-invalid" }),
  );
});
