/** The account in an ARN; none in what is no ARN. */
export const accountIn = (arn: string | undefined): string | undefined => arn?.split(":")[4];

/** `arn:…:secret:<name>-<six characters>`; another form of id is its own name. */
export const secretNameIn = (secretId: string): string =>
  /:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretId)?.[1] ?? secretId;
