/// What the window says of itself: commands by other words, the steps of the sample, scores, titles, prompts.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { incidentAnswers } from "./incident";
import { find, openPage, press, settle, type Page } from "./page";

const TRACE = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
let page: Page;

beforeEach(() => localStorage.clear());
afterEach(() => page.close());

describe("the palette", () => {
  it("finds commands by their title, and by other words as they begin", async () => {
    page = await openPage();
    page.app.overlay = "palette";
    await settle();
    const found = async (text: string) => {
      const field = find('[role="dialog"] input');
      if (!(field instanceof HTMLInputElement)) throw new Error("no field");
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
      return [...document.querySelectorAll('[role="option"]')].map((option) => option.textContent ?? "");
    };
    expect((await found("zoom")).slice(0, 3).join()).toMatch(/Zoom in.*Zoom out.*Zoom to 100 %/s);
    for (const [text, title] of [["dark", "Change theme"], ["utc", "Change times"], ["undo imp", "Go to Sources"], ["larger", "Zoom in"]] as const) expect((await found(text)).join()).toContain(title);
  });
});

describe("the steps of the sample", () => {
  it("are ticked by what was looked at, and by a check that passes", async () => {
    localStorage.setItem("retake:sampleStrip", "/home/mira/ferry.retake");
    page = await openPage();
    const { app, host } = page;
    const done = () => [...document.querySelectorAll(".strip li.done")].map((step) => step.textContent?.trim());
    await app.openTrace(TRACE);
    await app.replay();
    await app.bench.start();
    await settle();
    app.go("traces");
    await settle();
    expect(done()).not.toContain("Read the takes side by side");
    app.go("replay");
    await settle();
    await press("n");
    expect(done()).toContain("Read the takes side by side");
    app.go("golden");
    await settle();
    expect(done()).not.toContain("See its check pass");
    const check = incidentAnswers().check;
    host.answer("check", async (request) => {
      if (!check) throw new Error("no answer");
      return { ...(await check(request)), verdict: "pass" };
    });
    app.commands.run("check.run");
    await settle();
    expect(done()).toContain("See its check pass");
  });
});

describe("titles and numbers", () => {
  beforeEach(async () => {
    page = await openPage();
  });

  it("name the window by what it shows", async () => {
    expect(document.title).toBe("Traces – ferry – Retake");
    await page.app.openTrace(TRACE, null, true);
    await settle();
    expect(document.title).toContain("How long");
  });

  it("say what a score is of", async () => {
    page.app.go("golden");
    await settle();
    const said = find(".result").textContent ?? "";
    expect(said).toContain("of its cases pass");
    expect(said).toContain("of its assertions");
  });

  it("offer a comparison with the version before only where there is one", async () => {
    page.app.go("prompts");
    await settle();
    const offer = () => [...document.querySelectorAll("button")].some((button) => button.textContent?.includes("Against the one before"));
    expect(offer()).toBe(true);
    const versions = [...document.querySelectorAll<HTMLElement>("[data-version]")];
    versions.at(-1)?.click();
    await settle();
    expect(offer()).toBe(false);
  });
});
