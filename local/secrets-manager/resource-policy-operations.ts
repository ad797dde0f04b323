import { AwsError, type PolicyDocument, type PolicyStatement } from "../aws/service.ts";
import { flag, invalidParameter, secretIdOf, text } from "./input.ts";
import type { Input, Operation, Shared } from "./service.ts";

const malformed = (): AwsError =>
  new AwsError("MalformedPolicyDocumentException", "This resource policy contains invalid Json");

function parsePolicy(input: Input): { readonly document: PolicyDocument; readonly source: string } {
  const source = text(input, "ResourcePolicy", { min: 1, max: 20_480 });
  if (source === undefined) throw invalidParameter("ResourcePolicy is missing.");
  try {
    const document: unknown = JSON.parse(source);
    if (typeof document !== "object" || document === null || !("Statement" in document)) throw malformed();
    return { document: document as PolicyDocument, source };
  } catch {
    throw malformed();
  }
}

/** An Allow for everybody without a condition. */
function isPublic({ Effect, Principal, Condition }: PolicyStatement): boolean {
  const all = typeof Principal === "object" && Principal !== null ? Object.values(Principal).flat() : [Principal];
  return Effect === "Allow" && Condition === undefined && all.includes("*");
}

const broad = ({ Statement }: PolicyDocument): boolean => [Statement].flat().some(isPublic);

export function resourcePolicyOperations({ table }: Shared): Readonly<Record<string, Operation>> {
  return {
    PutResourcePolicy(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      const { document, source } = parsePolicy(input);
      if (flag(input, "BlockPublicPolicy") === true && broad(document)) {
        throw new AwsError(
          "PublicPolicyException",
          "You can't attach a resource policy that grants broad access to your secret.",
        );
      }
      secret.resourcePolicy = source;
      return { ARN: secret.arn, Name: secret.name };
    },
    GetResourcePolicy(input, { region }) {
      const secret = table(region).openAny(secretIdOf(input));
      return {
        ARN: secret.arn,
        Name: secret.name,
        ...(secret.resourcePolicy === undefined ? {} : { ResourcePolicy: secret.resourcePolicy }),
      };
    },
    DeleteResourcePolicy(input, { region }) {
      const secret = table(region).openPrimary(secretIdOf(input));
      delete secret.resourcePolicy;
      return { ARN: secret.arn, Name: secret.name };
    },
    ValidateResourcePolicy(input) {
      const isBroad = broad(parsePolicy(input).document);
      const errors = isBroad ? [{ CheckName: "PUBLIC_POLICY", ErrorMessage: "The policy grants broad access." }] : [];
      return { PolicyValidationPassed: !isBroad, ValidationErrors: errors };
    },
  };
}
