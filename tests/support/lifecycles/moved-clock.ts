/**
 * Preloaded into a service: each SIGUSR2 moves its wall clock by the next of CLOCK_JUMPS (hours, separated by commas), from
 * where it is; with CLOCK_STARTS=moved the first one counts from the start. The monotonic clock goes on, as it does when somebody sets the time.
 */
const jumps = (process.env["CLOCK_JUMPS"] ?? "").split(",").map((hours) => Number(hours) * 3_600_000);
const RealDate = Date;
let movedMs = 0;

class MovedDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    super(...((given.length === 0 ? [MovedDate.now()] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + movedMs;
  }
}

globalThis.Date = MovedDate as DateConstructor;
const jump = (): void => {
  movedMs += jumps.shift() ?? 0;
};
if (process.env["CLOCK_STARTS"] === "moved") jump();
process.on("SIGUSR2", jump);
