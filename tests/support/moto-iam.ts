import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { startPythonServer } from "./python-server.ts";

const region = "us-east-1";

/** An endpoint, and the keys of somebody who may do everything there. */
export interface IamServer {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

/** moto, which asks for right signatures once its administrator is made. */
export async function startMotoIam(moto: string): Promise<IamServer> {
  const { endpoint, stop } = await startPythonServer(moto, ["-H", "127.0.0.1", "-p", "0"], {
    INITIAL_NO_AUTH_ACTION_COUNT: "3",
  });
  const anybody = { accessKeyId: "anybody", secretAccessKey: "anybody" };
  const iam = new IAMClient({ endpoint, region, credentials: anybody, maxAttempts: 1 });
  try {
    const UserName = "administrator";
    const Statement = [{ Effect: "Allow", Action: "*", Resource: "*" }];
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "everything", PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const { AccessKeyId = "", SecretAccessKey = "" } = AccessKey ?? {};
    return { endpoint, credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    iam.destroy();
  }
}
