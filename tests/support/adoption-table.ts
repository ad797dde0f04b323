import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";

/** The table of adoptions, as the template makes it. */
export const adoptionTableSchema: Omit<CreateTableCommandInput, "TableName"> = {
  AttributeDefinitions: [
    { AttributeName: "secretArn", AttributeType: "S" },
    { AttributeName: "versionId", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "secretArn", KeyType: "HASH" },
    { AttributeName: "versionId", KeyType: "RANGE" },
  ],
  BillingMode: "PAY_PER_REQUEST",
};
