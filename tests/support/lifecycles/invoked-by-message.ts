/** A Lambda runtime for tests: it invokes the handler of the module that it is given, once for each message. */
const [, , module = ""] = process.argv;
const { handler } = (await import(module)) as { readonly handler: () => Promise<unknown> };

process.on("message", () => {
  handler().then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.("ready");
