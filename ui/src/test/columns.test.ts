/// Columns of the list: chosen, ordered, sized and sorted by, with the pointer and with keys; kept for one workspace.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { App } from "$state/app.svelte";
import { incident } from "./incident";
import { find, openPage, press, settle, violations, type Page } from "./page";

let page: Page;
const heads = () => [...document.querySelectorAll("[data-head]")].map((head) => head.getAttribute("data-head"));
const sorts = () => page.host.calls.filter((call) => call.name === "search_open").map((call) => Reflect.get(call.request as object, "sort"));

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
});
afterEach(() => page.close());

/** The column that keys are about. */
async function goTo(column: string) {
  find('[role="grid"]').focus();
  if (page.app.search.active === null) await press("ArrowDown");
  for (let i = 0; i < 14; i += 1) await press("ArrowLeft");
  for (let i = 0; i <= heads().indexOf(column); i += 1) await press("ArrowRight");
}

async function pointer(from: HTMLElement, type: string, clientX: number) {
  from.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, button: 0, clientX }));
  await settle();
}

describe("columns", () => {
  it("sorts by a head: texts up first, numbers down first, then the core's own order", async () => {
    for (let i = 0; i < 3; i += 1) {
      find('[data-head="tenant"]').click();
      await settle();
    }
    expect(sorts().slice(-3)).toEqual(["tenant:asc", "tenant:desc", null]);
    find('[data-head="cost"]').click();
    await settle();
    expect(sorts().at(-1)).toBe("cost:desc");
    expect(find('[data-head="cost"]').getAttribute("aria-label")).toBe("$, sorted downwards");
    await goTo("tenant");
    await press("Shift+S");
    expect(sorts().at(-1)).toBe("tenant:asc");
  });

  it("moves, sizes and hides a column by keys", async () => {
    await goTo("tenant");
    await press("Ctrl+Shift+ArrowLeft");
    expect(heads().slice(0, 2)).toEqual(["tenant", "time"]);
    await press("Shift+ArrowRight");
    expect(page.app.settings.widths).toEqual({ tenant: 40 });
    await press("Shift+X");
    expect(heads()).not.toContain("tenant");
    await goTo("question");
    await press("Shift+X");
    expect(heads()).toContain("question");
    expect(await violations()).toEqual([]);
  });

  it("moves a column by a drag, which is no click, and sizes it by its edge", async () => {
    const boxes: Record<string, number> = { time: 20, tenant: 140, question: 230 };
    for (const [column, left] of Object.entries(boxes)) find(`[data-head="${column}"]`).getBoundingClientRect = () => ({ left, width: 80 }) as DOMRect;
    const time = find('[data-head="time"]');
    const before = sorts().length;
    await pointer(time, "pointerdown", 40);
    await pointer(time, "pointermove", 200);
    await pointer(time, "pointerup", 200);
    time.click();
    await settle();
    expect([heads().slice(0, 3), sorts().length]).toEqual([["tenant", "time", "question"], before]);
    const edge = find('[data-head="tenant"]').parentElement?.querySelector(".edge") as HTMLElement;
    find('[data-head="tenant"]').getBoundingClientRect = () => ({ left: 20, width: 80 }) as DOMRect;
    await pointer(edge, "pointerdown", 100);
    await pointer(edge, "pointermove", 130);
    await pointer(edge, "pointerup", 130);
    expect(page.app.settings.widths).toEqual({ tenant: 110 });
  });

  it("fits a column by a double click", async () => {
    const edge = find('[data-head="flags"]').parentElement?.querySelector(".edge") as HTMLElement;
    const box = Range.prototype.getBoundingClientRect;
    Range.prototype.getBoundingClientRect = () => ({ width: 61.2 }) as DOMRect;
    edge.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    Range.prototype.getBoundingClientRect = box;
    await settle();
    expect(page.app.settings.widths).toEqual({ flags: 76 });
  });

  it("is one stop for Tab, with the arrows inside", async () => {
    const stops = () => [...document.querySelectorAll('[data-head][tabindex="0"]')].map((head) => head.getAttribute("data-head"));
    expect(stops()).toEqual(["time"]);
    find('[data-head="time"]').focus();
    await press("ArrowRight");
    expect([document.activeElement?.getAttribute("data-head"), stops()]).toEqual(["tenant", ["tenant"]]);
  });

  it("brings a column where it is offered, and sets all back", async () => {
    page.app.settings.toggleColumn("model");
    page.app.settings.toggleColumn("name");
    page.app.settings.sizeColumn("time", 90);
    expect(page.app.settings.columns).toEqual(["time", "tenant", "question", "name", "model", "flags", "tokens", "cost", "latency"]);
    await settle();
    expect(page.app.commands.run("list.columnsReset")).toBe(true);
    await settle();
    expect([page.app.settings.columns.length, page.app.settings.widths]).toEqual([7, {}]);
    expect(page.app.commands.listed).not.toContain("list.columnsReset");
  });

  it("opens the chooser from the palette", async () => {
    page.app.commands.run("list.columns");
    await settle();
    expect(find('[role="menu"] [role="menuitemcheckbox"]', "model").getAttribute("aria-checked")).toBe("false");
    find('[role="menu"] [role="menuitemcheckbox"]', "model").click();
    await settle();
    expect(heads()).toContain("model");
  });

  it("keeps them for their workspace, and passes over what is no column", async () => {
    page.app.settings.toggleColumn("model");
    page.app.settings.moveColumn("latency", "time");
    page.app.settings.sizeColumn("model", 120);
    const again = new App(incident(), () => 0);
    await again.readInfo();
    expect([again.settings.columns[0], again.settings.columns.includes("model"), again.settings.widths]).toEqual(["latency", true, { model: 120 }]);
    const host = incident();
    const info = await host.rpc("workspace_info", {});
    host.answer("workspace_info", () => ({ ...info, path: "/elsewhere.retake" }));
    localStorage.setItem("retake:columns /elsewhere.retake", '{"order":["nothing","cost","question","cost"],"widths":{"cost":"wide","time":70}}');
    const other = new App(host, () => 0);
    await other.readInfo();
    expect([other.settings.columns, other.settings.widths]).toEqual([["cost", "question"], { time: 70 }]);
  });
});

describe("with all columns", () => {
  it("a million rows stay small", async () => {
    await page.close();
    page = await openPage(1_000_000);
    for (const column of ["name", "feature", "model", "prompt", "user"] as const) page.app.settings.toggleColumn(column);
    Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 1900 });
    Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 1000 });
    page.app.go("prompts");
    await settle();
    page.app.back();
    await settle();
    expect(heads().length).toBe(12);
    expect(document.querySelectorAll("*").length).toBeLessThan(1500);
  });
});
