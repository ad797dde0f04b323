import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SilentAws extends AsyncDisposable {
  readonly endpoint: string;
}

const xmlOf = (outputs: Readonly<Record<string, string>>): string => {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<Stacks><member><StackName>rekey</StackName><Outputs>${members.join("")}</Outputs></member></Stacks>`;
};

/**
 * Answers every service of AWS's with nothing, so that a command line is checked by the real client as far as it goes by
 * itself: command, options, and the input against the service's model. Only CloudFormation knows the stack's outputs.
 */
export async function startSilentAws(outputs: Readonly<Record<string, string>>): Promise<SilentAws> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const action = new URLSearchParams(body).get("Action");
      const inner = action === "DescribeStacks" ? xmlOf(outputs) : "";
      response.end(action === null ? "{}" : `<R><${action}Result>${inner}</${action}Result></R>`);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
