/// The list and the runs by the keyboard alone: where the cursor stands, and where the focus goes.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { find, openPage, press, settle, type Page } from "./page";

let page: Page;

beforeEach(async () => {
  localStorage.clear();
  page = await openPage(40);
});
afterEach(() => page.close());

async function keys(...all: string[]) {
  for (const key of all) await press(key);
}

describe("the cursor of the list", () => {
  it("keeps its place when nothing is selected any more, and goes on from there", async () => {
    const { app } = page;
    await keys("j", "j", "j", "Escape");
    expect([app.search.active, app.search.cursor, app.trace.traceId]).toEqual([null, 2, null]);
    expect(document.querySelector('[role="row"][aria-selected="true"]')).toBeNull();
    await press("j");
    expect([app.search.active, app.trace.traceId]).toEqual([3, app.search.row(3)?.trace_id]);
    await app.search.open("ferry");
    expect(app.search.cursor).toBeNull();
  });

  it("is what Space, x and Enter are about while nothing is selected", async () => {
    const { app } = page;
    await keys("j", "j", "Escape", " ");
    expect(find('[role="dialog"]').getAttribute("aria-label")).toBe("The last exchange");
    await keys("Escape", "x");
    expect([...app.search.marked]).toEqual([app.search.row(1)?.trace_id]);
    await keys("Escape", "Enter");
    expect([app.full, app.trace.traceId]).toEqual([true, app.search.row(1)?.trace_id]);
  });

  it("begins at the first row", async () => {
    await press("x");
    expect([...page.app.search.marked]).toEqual([page.app.search.row(0)?.trace_id]);
  });
});

describe("the focus", () => {
  beforeEach(() => void page.host.answer("runs_list", () => ({ runs: [{ run_id: "run-many", status: "done", started_ns: "1", counts: { done: 80, failed: 0, pending: 0 }, variants: ["B", "C"] }] })));
  const runLink = () => find("tbody button");

  it("goes to the first run, then to its matrix, whose row opens by Enter, and back", async () => {
    const { app } = page;
    app.go("runs");
    await settle();
    expect(document.activeElement).toBe(runLink());
    runLink().click();
    await settle();
    await settle();
    expect([app.view, document.activeElement?.getAttribute("role")]).toEqual(["replay", "grid"]);
    await press("Enter");
    expect(app.bench.row).not.toBeNull();
    expect(document.activeElement?.classList.contains("scrolled")).toBe(true);
    await press("Escape");
    expect([app.bench.row, document.activeElement?.getAttribute("role")]).toEqual([null, "grid"]);
  });

  it("goes to the variants of a replay, and Enter does not go back", async () => {
    const { app } = page;
    await keys("j", "r");
    await settle();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Variants");
    await press("Enter");
    expect(app.view).toBe("replay");
  });
});
