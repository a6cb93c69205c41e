/// Tabs as a person opens, walks and closes them.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { find, openPage, press, settle, violations, type Page } from "./page";

let page: Page;
const titles = () => [...document.querySelectorAll('[aria-label="Open tabs"] [role="tab"]')].map((tab) => tab.textContent?.trim());
const chosen = () => document.querySelector('[aria-label="Open tabs"] [aria-selected="true"]')?.textContent?.trim();

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
});
afterEach(() => page.close());

async function click(node: HTMLElement, init: MouseEventInit = {}) {
  const type = init.button === 1 ? "auxclick" : "click";
  node.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, ...init }));
  await settle();
}

describe("tabs in the window", () => {
  it("shows no bar for one", () => {
    expect(titles()).toEqual([]);
    expect(page.app.commands.listed).not.toContain("tab.close");
    expect(page.app.commands.listed).not.toContain("tab.reopen");
  });

  it("opens rows behind the list with Ctrl and with the middle button", async () => {
    await click(find('[role="row"]', "charged twice"), { ctrlKey: true });
    await click(find('[role="row"]', "night crossing"), { button: 1 });
    expect(titles()).toEqual(["Traces", "Why was I charged twice for the cabin?", "May I bring my dog on the night crossing?"]);
    expect([chosen(), page.app.search.marked.size, page.app.trace.traceId]).toEqual(["Traces", 0, null]);
    expect(await violations()).toEqual([]);
  });

  it("walks, closes and reopens by keys, and the focus is never lost", async () => {
    find('[role="grid"]').focus();
    await press("ArrowDown");
    await press("Ctrl+Enter");
    expect(titles().length).toBe(2);
    expect(document.activeElement?.getAttribute("role")).toBe("tree");
    await press("Ctrl+Tab");
    expect([chosen(), document.activeElement?.getAttribute("role")]).toEqual(["Traces", "grid"]);
    await press("Ctrl+2");
    expect(page.app.full).toBe(true);
    await press("Ctrl+Shift+PageUp");
    expect(titles().at(-1)).toBe("Traces");
    await press("Ctrl+w");
    expect(titles()).toEqual([]);
    expect(document.activeElement?.getAttribute("role")).toBe("grid");
    await press("Ctrl+Shift+T");
    expect([titles().length, page.app.tabs.at]).toEqual([2, 0]);
  });

  it("keeps where each was scrolled to", async () => {
    await press("Ctrl+Enter");
    find('[role="grid"]').focus();
    await press("ArrowDown");
    await press("Ctrl+Enter");
    const text = find('[role="tabpanel"] .scroll');
    text.scrollTop = 120;
    text.dispatchEvent(new Event("scroll"));
    await press("Ctrl+1");
    expect(find('[role="tabpanel"] .scroll').scrollTop).toBe(0);
    await press("Ctrl+2");
    expect(find('[role="tabpanel"] .scroll').scrollTop).toBe(120);
  });

  it("leaves the trace of a tab alone when the list appears beside it", async () => {
    find('[role="grid"]').focus();
    await press("ArrowDown");
    await click(find('[role="row"]', "night crossing"), { ctrlKey: true });
    await press("Ctrl+2");
    const trace = page.app.trace.traceId;
    await press("Escape");
    expect([page.app.full, page.app.trace.traceId]).toEqual([false, trace]);
  });

  it("takes arrows and Delete on the bar, and the mouse's side buttons", async () => {
    await click(find('[role="row"]', "night crossing"), { ctrlKey: true });
    find('[aria-label="Open tabs"] [role="tab"]').focus();
    await press("ArrowRight");
    expect([chosen(), document.activeElement?.getAttribute("aria-selected")]).toEqual([titles()[1], "true"]);
    page.app.go("prompts");
    await settle();
    expect(chosen()).toBe("Prompts");
    window.dispatchEvent(new MouseEvent("mouseup", { button: 3, cancelable: true }));
    await settle();
    expect([page.app.view, page.app.full]).toEqual(["traces", true]);
    find('[aria-label="Open tabs"] [aria-selected="true"]').focus();
    await press("Delete");
    expect(titles()).toEqual([]);
  });

  it("opens a trace of the palette in a tab with Ctrl", async () => {
    page.app.overlay = "palette";
    await settle();
    const field = find('[role="dialog"] input') as HTMLInputElement;
    field.value = "zzferry";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    await press("Ctrl+Enter");
    await new Promise((done) => setTimeout(done, 20));
    await settle();
    expect(titles()).toEqual(["Traces", "How long before departure can I change my ferry ticket?"]);
  });

  it("opens a run in a tab", async () => {
    page.app.go("runs");
    await settle();
    await click(find("tbody tr"), { ctrlKey: true });
    await press("Ctrl+2");
    expect([page.app.view, page.app.bench.runId]).toEqual(["replay", "run-1"]);
  });
});
