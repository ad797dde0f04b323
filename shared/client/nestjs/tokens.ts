/** Texts, so that a program that loads this package twice, as ES modules and as CommonJS, has one client. */
export const secretClientToken = (name = "default"): string => `rekey:client:${name}`;

/** `clientName`: the client that reads the secret. */
export const secretToken = (secretId: string, clientName = "default"): string =>
  `rekey:secret:${clientName}:${secretId}`;
