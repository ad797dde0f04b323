import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type Stack,
  ValidateTemplateCommand,
} from "@aws-sdk/client-cloudformation";
import { awsCall } from "../../../shared/aws/errors/aws-failure.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";
import { awsErrorName } from "../../../shared/aws/errors/translate-error.ts";
import { smokeTestTag } from "../../../shared/tags/tag-names.ts";
import { until } from "./until.ts";

/** A stack with endpoints, or with network interfaces that Lambda has to let go of, takes this long at most. */
const stackLimitMs = 40 * 60_000;

type Source = { readonly url: string } | { readonly body: string };
export interface StackToMake {
  readonly name: string;
  readonly source: Source;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A run's stacks in CloudFormation. Errors: `stack-failed` with the first reason, `aws-refused`, `time-budget-spent`. */
export interface SmokeStacks {
  validate(source: Source, call: CallOptions): Promise<void>;
  /** By a change set, which is what a template with a transform needs. Returns the outputs. */
  make(stack: StackToMake, call: CallOptions): Promise<Readonly<Record<string, string>>>;
  /** Whether there was one. Errors: also `option-invalid` for a stack that is not the run's. */
  remove(name: string, call: CallOptions): Promise<boolean>;
}

const sourceOf = (source: Source) => ("url" in source ? { TemplateURL: source.url } : { TemplateBody: source.body });

export function smokeStacks(client: CloudFormationClient, id: string): SmokeStacks {
  const attempt = async <Answer>(
    operation: string,
    resource: string,
    call: CallOptions,
    work: (options: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> => awsCall({ operation, resource, isTold: true }, call, work);

  /** `undefined`: there is none, which CloudFormation says with the error of any wrong input. */
  const find = async (StackName: string, call: CallOptions): Promise<Stack | undefined> =>
    attempt("DescribeStacks", StackName, call, async (options) => {
      try {
        return (await client.send(new DescribeStacksCommand({ StackName }), options)).Stacks?.[0];
      } catch (error) {
        if (awsErrorName(error) === "ValidationError") return undefined;
        throw error;
      }
    });

  /** The event that the others follow from. */
  async function firstFailure(StackName: string, call: CallOptions): Promise<string> {
    const command = new DescribeStackEventsCommand({ StackName });
    const { StackEvents = [] } = await attempt("DescribeStackEvents", StackName, call, async (options) =>
      client.send(command, options),
    );
    const failed = StackEvents.findLast(({ ResourceStatus }) => ResourceStatus?.endsWith("_FAILED"));
    return failed === undefined ? "no reason given" : `${failed.LogicalResourceId}: ${failed.ResourceStatusReason}`;
  }

  /** Waits until the stack is not being worked on any more. */
  const settled = async (nameOrId: string, call: CallOptions): Promise<Stack | undefined> =>
    until(
      { what: `stack ${nameOrId}`, limitMs: stackLimitMs },
      async () => {
        const stack = await find(nameOrId, call);
        return stack?.StackStatus?.endsWith("_IN_PROGRESS") === true ? undefined : { stack };
      },
      call,
    ).then(({ stack }) => stack);

  return {
    async validate(source, call) {
      const what = "url" in source ? source.url : "inline";
      await attempt("ValidateTemplate", what, call, async (options) =>
        client.send(new ValidateTemplateCommand(sourceOf(source)), options),
      );
    },
    async make({ name, source, parameters }, call) {
      const change = { StackName: name, ChangeSetName: name };
      const parameterList = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      }));
      await attempt("CreateChangeSet", name, call, async (options) =>
        client.send(
          new CreateChangeSetCommand({
            ...change,
            ...sourceOf(source),
            ChangeSetType: "CREATE",
            Capabilities: ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            ...(parameterList.length === 0 ? {} : { Parameters: parameterList }),
            Tags: [{ Key: smokeTestTag, Value: id }],
          }),
          options,
        ),
      );
      await until(
        { what: `change set of ${name}`, limitMs: 600_000 },
        async () => {
          const { Status, StatusReason: reason = "" } = await attempt(
            "DescribeChangeSet",
            name,
            call,
            async (options) => client.send(new DescribeChangeSetCommand(change), options),
          );
          if (Status === "FAILED") throw new RekeyError("stack-failed", { context: { stack: name, reason } });
          return Status === "CREATE_COMPLETE" ? true : undefined;
        },
        call,
      );
      await attempt("ExecuteChangeSet", name, call, async (options) =>
        client.send(new ExecuteChangeSetCommand(change), options),
      );
      const made = await settled(name, call);
      if (made?.StackStatus !== "CREATE_COMPLETE") {
        const context = { stack: name, status: made?.StackStatus, reason: await firstFailure(name, call) };
        throw new RekeyError("stack-failed", { context });
      }
      return Object.fromEntries(
        (made.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
      );
    },
    async remove(name, call) {
      const stack = await find(name, call);
      if (stack === undefined) return false;
      // CloudFormation gives a stack its tags when it executes the first change set; until then it has no resource either.
      const isEmpty = stack.StackStatus === "REVIEW_IN_PROGRESS";
      const isOurs = stack.Tags?.some(({ Key, Value }) => Key === smokeTestTag && Value === id) === true;
      if (!isOurs && !isEmpty) {
        const context = { option: "clean-up", stack: name, problem: `it has no tag ${smokeTestTag}=${id}` };
        throw new RekeyError("option-invalid", { context, hint: "it is not this run's: look at it yourself" });
      }
      await attempt("DeleteStack", name, call, async (options) =>
        client.send(new DeleteStackCommand({ StackName: name }), options),
      );
      // By its id, by which a deleted stack is still known.
      const after = await settled(stack.StackId ?? name, call);
      if (after === undefined || after.StackStatus === "DELETE_COMPLETE") return true;
      const context = { stack: name, status: after.StackStatus, reason: await firstFailure(name, call) };
      throw new RekeyError("stack-failed", { context });
    },
  };
}
