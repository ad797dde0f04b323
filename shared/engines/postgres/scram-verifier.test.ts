import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { scramVerifier } from "./scram-verifier.ts";

const verifier = async (password: string, salt: string, iterations = 4096): Promise<string> =>
  scramVerifier(new SecretValue(password), iterations, Buffer.from(salt, "base64"));

test("an ASCII password gives the verifier that PostgreSQL makes", async () => {
  await expect(verifier("pencil", "W22ZaJ0SNY7soEsUEjb6gQ==")).resolves.toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

test("a password beyond ASCII is prepared with SASLprep first", async () => {
  const expected =
    "SCRAM-SHA-256$4096:Vc6kPefKli1KwYt82ytC9w==$mFg64D2xaiIap7lPfzASiSMIe8YDLENQKznYhIZuKW4=:rVXmG28AtMMGmUhIjWNPz6gmTOxW3R6HS8zSoSYBwtU=";
  await expect(verifier("néw pass½", "Vc6kPefKli1KwYt82ytC9w==")).resolves.toBe(expected);
  await expect(verifier("ne\u0301w\u00A0pass½", "Vc6kPefKli1KwYt82ytC9w==")).resolves.toBe(expected);
});

test("a password that SASLprep prohibits is used as it is", async () => {
  await expect(verifier("bell\u0007", "W22ZaJ0SNY7soEsUEjb6gQ==")).resolves.toMatch(/^SCRAM-SHA-256\$4096:/);
});

test("a count of iterations that is no whole number is refused before anything is sent", async () => {
  await expect(verifier("pencil", "W22ZaJ0SNY7soEsUEjb6gQ==", Number.NaN)).rejects.toThrow(/iterations/);
});
