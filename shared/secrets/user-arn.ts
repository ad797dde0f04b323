const serviceOfUser = /^arn:[\w-]+:(elasticache|memorydb):([\w-]+):\d{12}:user[:/]([\w-]+)$/u;

/** A user that a cache service of AWS keeps, as its ARN names it. */
export interface UserArn {
  readonly service: "elasticache" | "memorydb";
  readonly region: string;
  /** ElastiCache's UserId, MemoryDB's UserName. */
  readonly id: string;
}

/** The parts of a user's ARN; `undefined` for any other text. */
export function parseUserArn(arn: string): UserArn | undefined {
  const [, service, region = "", id = ""] = serviceOfUser.exec(arn) ?? [];
  return service === undefined ? undefined : { service: service as UserArn["service"], region, id };
}
