import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { smtpMembers, smtpPassword } from "./smtp-password.ts";

test.each([
  ["eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"],
  ["eu-central-1", "another+secret+key", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"],
  ["us-west-1", "some+secret+key", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"],
  ["us-west-1", "another+secret+key", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"],
])("the vectors of Terraform's AWS provider: %s, %s", (region, key, password) => {
  expect(smtpPassword(new SecretValue(key), region).reveal()).toBe(password);
});

const key = new SecretValue("canary");

test("a secret without a region has no SMTP password, and one with a region gets it", () => {
  expect(smtpMembers({ UserName: "mailer" }, key)).toEqual({});
  expect(smtpMembers({ SmtpRegion: "eu-west-1" }, key)).toEqual({
    SmtpPassword: smtpPassword(key, "eu-west-1").reveal(),
  });
});

test.each([{ SmtpPassword: "old" }, { SmtpRegion: 1 }, { SmtpRegion: "Ireland" }, { SmtpRegion: "eu-west-1/ses" }])(
  "%j, of which no password can be made, is refused by name",
  (members) => {
    expect(() => smtpMembers(members, key)).toThrow(
      expect.objectContaining({ code: "secret-malformed", context: expect.objectContaining({ field: "SmtpRegion" }) }),
    );
  },
);
