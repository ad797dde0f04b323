type Written = string | null | undefined;

/** What the SDK's `date-utils` does number by number, by the dates that come with Node.js. Errors: `TypeError`. */
const dateOf = (value: string | number): Date => {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw new TypeError("not a date");
  return date;
};

const read = (value: Written): Date | undefined => (value == null ? undefined : dateOf(value));

export const parseRfc3339DateTime = read;
export const parseRfc3339DateTimeWithOffset = read;

/** Its third and oldest form leaves the zone out. */
export const parseRfc7231DateTime = (value: Written): Date | undefined =>
  read(value == null || value.endsWith("GMT") ? value : `${value} GMT`);

/** Seconds, with a fraction or without. */
export const parseEpochTimestamp = (value: number | string | null | undefined): Date | undefined =>
  value == null ? undefined : dateOf(Math.round(Number(value) * 1000));

/** As RFC 7231 has it. */
export const dateToUtcString = (date: Date): string => date.toUTCString();
