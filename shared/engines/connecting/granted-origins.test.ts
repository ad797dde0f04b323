import { expect, test } from "vitest";
import { grantedOrigins } from "./granted-origins.ts";

test("an origin is granted with the scheme's own port left out, and with a slash at its end", () => {
  const isGranted = grantedOrigins(["https://api.example.com/", "http://10.0.0.5:8080", "http://[fd00::1]:81"]);
  const granted = ["https://api.example.com", "http://10.0.0.5:8080", "http://[fd00::1]:81"];
  const others = ["http://api.example.com", "https://api.example.com:8443", "http://10.0.0.5", "https://10.0.0.5:8080"];
  expect([granted.map(isGranted), others.map(isGranted)]).toEqual([
    [true, true, true],
    [false, false, false, false],
  ]);
});

test.each([
  "https://API.example.com",
  "https://api.example.com:443",
  "https://api.example.com?x",
  "file:///etc",
  "null",
  "https://",
])("%s, which is no origin as it is compared, is option-invalid", (text) => {
  expect(() => grantedOrigins([text])).toThrow(
    expect.objectContaining({
      code: "option-invalid",
      context: expect.objectContaining({ option: "REKEY_HTTP_API_ORIGINS" }),
    }),
  );
});
