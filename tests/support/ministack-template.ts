/**
 * A template without what ministack does not know: policies of the bus, and `Fn::Join` in a condition, by which it would attach a
 * layer without a name.
 */
export const asMinistackKnowsIt = (template: string): string =>
  template
    .replaceAll(/^ {2}\w+:\n {4}Type: AWS::Events::EventBusPolicy\n(?:(?: {4}.*)?\n)*/gmu, "")
    .replace(/^ {4}Layers: .*\n/mu, "");
