import { ArnFormat, Stack } from "aws-cdk-lib";
import type { CfnRotationSchedule, ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { engineOf, scheduleRotation, type RotationEngine, type RotationOptions } from "./rotation.ts";

export interface IRekey {
  /** The rotation function of an engine. */
  functionArn(engine: RotationEngine): string;
  /**
   * Rotates a secret: puts it on a schedule and writes into its tags how. A `Rekey` of this app also lets its functions use
   * the secret, its key and its administrator's secret, and reach the database. Errors: `option-invalid`.
   */
  rotate(secret: ISecret, options?: RotationOptions): CfnRotationSchedule;
}

/** Another app's rekey. What its functions may use and reach is decided there. */
export class ImportedRekey extends Construct implements IRekey {
  readonly #stackName: string;

  constructor(scope: Construct, id: string, stackName: string) {
    super(scope, id);
    this.#stackName = stackName;
  }

  functionArn(engine: RotationEngine): string {
    const resourceName = `${this.#stackName}-rotate-${engine}`;
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
    return Stack.of(this).formatArn({ service: "lambda", resource: "function", resourceName, arnFormat });
  }

  rotate(secret: ISecret, options: RotationOptions = {}): CfnRotationSchedule {
    return scheduleRotation(this, this.functionArn(engineOf(options)), secret, options);
  }
}
