/** The servers that the engine contract is kept on, each with its test in `tests/engines`. */
export const testedOn = {
  "APIs of the tests that answer like SendGrid, Microsoft Graph, Grafana and Confluent Cloud": "http-api.test.ts",
} as const;
