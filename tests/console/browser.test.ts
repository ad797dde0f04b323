import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { subscriberConfig } from "../../local/subscriber.ts";
import { expectAccessible, screenshot, streamed, type Watched, watchedPage } from "./browser.ts";
import { eventBridgeAcknowledgement } from "../../shared/client/acknowledgement/eventbridge.ts";
import { chromiumPath, launchChromium } from "../support/chromium.ts";
import { type ConsoleStage, startConsoleStage } from "./console-stage.ts";

const soon = { timeout: 60_000 };

describe.skipIf(chromiumPath === undefined)("the web console in Chromium", () => {
  let stage: ConsoleStage;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([startConsoleStage(), launchChromium()]);
    watched = await watchedPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.stop();
  });

  const rows = async (): Promise<readonly string[]> => watched.page.locator("tr[data-index] a").allTextContents();
  const open = async (name: string): Promise<void> => {
    await watched.page.goto(`http://${stage.host}/`);
    await watched.page.getByRole("link", { name, exact: true }).click();
    await watched.page.getByRole("heading", { name, level: 1 }).waitFor();
  };
  const dialogBehind = async (button: string): Promise<Locator> => {
    await watched.page.getByRole("button", { name: button }).click();
    return watched.page.getByRole("dialog");
  };
  const currentOf = async (SecretId: string): Promise<string | undefined> =>
    Object.entries((await stage.secrets.describeSecret({ SecretId })).VersionIdsToStages ?? {}).find(([, labels]) =>
      labels.includes("AWSCURRENT"),
    )?.[0];

  test("opens once with its address, of which the token does not stay", async () => {
    const { page } = watched;
    const address = await stage.newAddress();
    await page.goto(address);
    await expect.poll(rows, soon).toEqual(["db/billing", "db/orders"]);
    expect(page.url()).toBe(`http://${stage.host}/`);
    const other = await watchedPage(browser);
    await other.page.goto(address);
    await expect.poll(async () => other.page.getByRole("alert").textContent(), soon).toContain("session-required");
    await expectAccessible(other.page);
    await other.page.context().close();
  });

  test("shows the fleet by name, tag and health, each of which stands in the address", async () => {
    const { page } = watched;
    await page.getByLabel("Name", { exact: true }).fill("ord");
    await expect.poll(rows, soon).toEqual(["db/orders"]);
    await expect.poll(() => page.url()).toContain("search=ord");
    await page.reload();
    await expect.poll(rows, soon).toEqual(["db/orders"]);
    await page.getByLabel("Name", { exact: true }).fill("");
    await page.getByLabel("Tag").fill("team=none");
    await page.getByText("No secret fits.").waitFor();
    await page.getByLabel("Tag").fill("team=payments");
    await expect.poll(rows, soon).toEqual(["db/billing", "db/orders"]);
    await page.getByRole("button", { name: "healthy 2" }).click();
    await expect.poll(() => page.url()).toContain("health=healthy");
    await page.getByRole("button", { name: "Name" }).click();
    await expect.poll(rows, soon).toEqual(["db/orders", "db/billing"]);
    expect(await page.locator("th[aria-sort]").getAttribute("aria-sort")).toBe("descending");
    await screenshot(page, "fleet");
    await expectAccessible(page);
  });

  test("is used with the keyboard alone", async () => {
    const { page } = watched;
    await page.goto(`http://${stage.host}/`);
    await expect.poll(rows, soon).toHaveLength(2);
    await page.getByRole("link", { name: "db/billing" }).focus();
    const focused = async (): Promise<string | null> =>
      page.evaluate<string | null>("document.activeElement?.textContent ?? null");
    await page.keyboard.press("ArrowDown");
    await expect.poll(focused).toBe("db/orders");
    await page.keyboard.press("Home");
    await expect.poll(focused).toBe("db/billing");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "db/orders", level: 1 }).waitFor();
    await expect.poll(async () => page.title()).toBe("db/orders · rekey");
    await expect.poll(async () => page.evaluate("document.activeElement?.id")).toBe("main");
    await page.getByRole("button", { name: "Rotate now …" }).press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(async () => page.getByRole("dialog").count()).toBe(0);
    await expect.poll(focused).toBe("Rotate now …");
  });

  test("rotates a secret once its plan was shown, and follows it to Vault", async () => {
    const { page } = watched;
    await open("db/orders");
    const before = await currentOf("db/orders");
    const dialog = await dialogBehind("Rotate now …");
    await dialog.getByText("ALTER ROLE … WITH PASSWORD …").waitFor();
    await screenshot(page, "plan");
    await expectAccessible(page);
    expect(await currentOf("db/orders")).toBe(before);
    await dialog.getByLabel(/^Reason/).fill("test of the console");
    await dialog.getByRole("button", { name: "Rotate now" }).click();
    await dialog.getByText("1 rotated, 0 failed, 0 not begun.").waitFor();
    for (const step of ["createSecret", "setSecret", "testSecret", "finishSecret"]) {
      expect(await dialog.getByText(step).count()).toBe(1);
    }
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    const current = await currentOf("db/orders");
    expect(current).not.toBe(before);
    const main = page.getByRole("main");
    await main.getByText("test of the console").first().waitFor();
    const versions = page.locator(".versions > li.current");
    await expect.poll(async () => versions.textContent(), soon).toContain(current);
    await expect.poll(async () => versions.textContent(), soon).toContain("revision");
    await expect.poll(async () => page.getByRole("img").getAttribute("aria-label"), soon).toContain(current);
  });

  test("hears of a subscriber that adopts the new version, without being reloaded", async () => {
    const { page } = watched;
    await stage.secrets.tagResource({ SecretId: "db/orders", Tags: [{ Key: "rekey:subscribers", Value: "api" }] });
    await open("db/orders");
    const picture = page.getByRole("img");
    await expect.poll(async () => picture.getAttribute("aria-label"), soon).toContain("waiting for adopted: api");
    const { ARN: secretArn = "" } = await stage.secrets.describeSecret({ SecretId: "db/orders" });
    const versionId = (await currentOf("db/orders")) ?? "";
    const eventBridge = new EventBridgeClient(subscriberConfig(stage.stack, "api"));
    const eventBusName = stage.outputs["EventBusName"] ?? "";
    const adopts = eventBridgeAcknowledgement({ eventBridge, eventBusName, subscriber: "api" });
    await adopts({ secretId: secretArn, versionId });
    eventBridge.destroy();
    await page.getByText("on AWSCURRENT").waitFor();
    await expect.poll(async () => picture.getAttribute("aria-label"), soon).not.toContain("waiting for");
    await page.getByText("As a table").click();
    await expectAccessible(page);
    await screenshot(page, "secret");
  });

  test("rolls alternating users back to the credential of before, which it has seen to log in", async () => {
    const { page } = watched;
    for (let rotations = 0; rotations < 2; rotations++) {
      await stage.secrets.rotateSecret({ SecretId: "db/billing" });
      await stage.stack.secretsManager.idle();
    }
    await open("db/billing");
    const before = await currentOf("db/billing");
    const dialog = await dialogBehind("Roll back …");
    await dialog.getByText("becomes current").waitFor();
    await screenshot(page, "rollback");
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Roll back" }).click();
    await dialog.getByText("Rolled back: AWSCURRENT is version").waitFor();
    expect(await currentOf("db/billing")).not.toBe(before);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Roll back …" }).click();
    await expect.poll(async () => page.getByRole("dialog").textContent(), soon).toContain("AWSCURRENT is a rollback");
    await page.keyboard.press("Escape");
  });

  test("examines a secret", async () => {
    const { page } = watched;
    await open("db/orders");
    await page.getByRole("button", { name: "Examine it now" }).click();
    await expect.poll(async () => page.locator(".findings").textContent(), soon).toContain("tls-not-verified");
    await expectAccessible(page);
  });

  test("rotates many in waves, and tells what failed with its code, what to do, and the runbook", async () => {
    const { page } = watched;
    await stage.postgres.admin("ALTER ROLE db_orders PASSWORD 'changed-by-hand-canary'");
    await page.goto(`http://${stage.host}/`);
    await expect.poll(rows, soon).toHaveLength(2);
    await page.getByLabel("Choose db/orders").check();
    await page.getByLabel("Choose db/billing").check();
    const dialog = await dialogBehind("Rotate 2 chosen …");
    await dialog.getByText("in 2 waves").waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Rotate now" }).click();
    await dialog.getByRole("link", { name: "Follow it on its page" }).click();
    const link = page.getByRole("link", { name: "Runbook: credential-orphaned" }).first();
    await link.waitFor({ timeout: 60_000 });
    await expect.poll(async () => page.getByRole("status").textContent(), { timeout: 60_000 }).toContain("1 failed");
    await screenshot(page, "campaign");
    await expectAccessible(page);
    const [runbook] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
    await runbook.getByRole("heading", { name: "credential-orphaned" }).waitFor();
    await expectAccessible(runbook);
    await runbook.close();
    await page.getByRole("link", { name: "Campaigns" }).click();
    await page.getByRole("row").nth(1).waitFor();
    await expectAccessible(page);
  });

  test("shows the rotation that failed in the secret's history, with the step, the code and what to do", async () => {
    const { page } = watched;
    await open("db/orders");
    const failed = page.locator("details").filter({ hasText: "failed" }).first();
    await expect.poll(async () => failed.textContent(), soon).toContain("credential-orphaned");
    await screenshot(page, "failed");
    await expectAccessible(page);
  });

  test("plans capacity", async () => {
    const { page } = watched;
    await page.getByRole("link", { name: "Capacity" }).click();
    await page.getByLabel("Users").fill("100,000,000");
    await page.getByRole("button", { name: "Plan" }).click();
    await expect.poll(async () => page.getByRole("alert").textContent(), soon).toContain("option-invalid");
    await page.getByLabel("Users").fill("100000000");
    await page.getByRole("button", { name: "Plan" }).click();
    await expect
      .poll(async () => page.locator("tr", { hasText: "shards (AWS accounts)" }).textContent(), soon)
      .toMatch(/3.*1.*1.*1.*3/);
    const charts = page.locator("img.charts");
    await expect
      .poll(async () => charts.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth), soon)
      .toBe(760);
    await screenshot(page, "capacity");
    await expectAccessible(page);
  });

  test.each(["/", "/capacity", "/campaigns", "/secrets/db%2Forders"])(
    "is as readable in the dark: %s",
    async (path) => {
      const { page } = watched;
      await page.goto(`http://${stage.host}${path}`);
      await page.getByLabel("Theme").selectOption("dark");
      await page.getByRole("heading", { level: 1 }).waitFor();
      await expect
        .poll(async () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        .toBe("rgb(13, 17, 23)");
      await expectAccessible(page);
      await screenshot(page, `dark${path.replaceAll("/", "-")}`);
      await page.getByLabel("Theme").selectOption("system");
    },
  );

  test("fits into a narrow window", async () => {
    const { page } = watched;
    await page.setViewportSize({ width: 420, height: 800 });
    await open("db/billing");
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(420);
    await screenshot(page, "narrow");
    await expectAccessible(page);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("has neither complained nor been sent a value", async () => {
    const { page, complaints, received } = watched;
    await open("db/billing");
    const values: string[] = [];
    for (const SecretId of ["db/orders", "db/billing", "admin", "rekey/vault"]) {
      const { Versions = [] } = await stage.secrets.listSecretVersionIds({ SecretId, IncludeDeprecated: true });
      for (const { VersionId, VersionStages = [] } of Versions) {
        if (VersionStages.length === 0) continue;
        const { SecretString = "" } = await stage.secrets.getSecretValue({ SecretId, VersionId });
        const fields = SecretString.startsWith("{")
          ? Object.values(JSON.parse(SecretString) as object)
          : [SecretString];
        values.push(
          ...fields.filter((field) => typeof field === "string" && field.length >= 20 && !field.startsWith("arn:")),
        );
      }
    }
    expect(values.length).toBeGreaterThan(4);
    const campaigns = await page.evaluate(async () => (await fetch("/api/campaigns")).json());
    const [{ campaign }] = campaigns as [{ readonly campaign: string }];
    const streams = await streamed(page, [
      ...["db/orders", "db/billing"].map((name) => `/api/secrets/${encodeURIComponent(name)}/live`),
      `/api/campaigns/${campaign}/live`,
    ]);
    for (const [at, event] of ["event: secret", "event: secret", "event: campaign"].entries()) {
      expect(streams[at]).toContain(event);
    }
    const told = [...received, ...streams, await page.content(), stage.printed.out, stage.printed.err].join("\n");
    expect(told).toContain("db/orders");
    expect(values.filter((value) => told.includes(value))).toEqual([]);
    expect(/[\w-]+-canary/.exec(told)?.[0]).toBeUndefined();
    expect(complaints).toEqual([]);
  });

  test("says so when its console has ended, and Ctrl-C ends it at once", async () => {
    const { page } = watched;
    expect(await stage.stopConsole()).toBe(0);
    await expect.poll(async () => page.getByRole("alert").textContent(), soon).toContain("Not live");
    await page.getByRole("button", { name: "Rotate now …" }).click();
    await page.getByRole("dialog").getByText("the console cannot be reached").waitFor();
  });
});
