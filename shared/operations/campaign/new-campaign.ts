/** A name for a campaign, such as `20261128-0512-3fa9`: when, and something to tell two of one minute apart. */
export function newCampaign(): string {
  const [date = "", time = ""] = new Date().toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, 5).replace(":", "")}-${crypto.randomUUID().slice(0, 4)}`;
}
