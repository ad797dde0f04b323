/** Every line that is not empty, moved to the right. */
export const indent = (columns: number, text: string): string => text.replaceAll(/^(?=.)/gmu, " ".repeat(columns));

/** A list's item under `!If`: there when the condition holds. */
export const onlyIf = (condition: string, item: string): string =>
  `- !If\n  - ${condition}\n${indent(2, item)}\n  - !Ref AWS::NoValue`;

/** A YAML list in one line. */
export const flow = (items: readonly string[]): string => `[${items.join(", ")}]`;

export const condition = (name: string | undefined): string => (name === undefined ? "" : `\n  Condition: ${name}`);

export const functionArn = (name: string): string =>
  `!Sub arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:\${AWS::StackName}-${name}`;

/** A value of a list that is there when the condition holds; undefined for always. */
export const valueIf = (name: string | undefined, value: string): string =>
  name === undefined ? value : `!If [${name}, ${value}, !Ref AWS::NoValue]`;
