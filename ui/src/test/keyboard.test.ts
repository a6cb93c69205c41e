/// The list and the runs by the keyboard alone: where the cursor stands, and where the focus goes.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RpcError } from "$platform/types";
import { row } from "./incident";
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

describe("what is marked", () => {
  const bar = () => find('[aria-label="Marked traces"]');

  it("is promoted when it is one, and says why not when it is several", async () => {
    const { app } = page;
    await keys("x", "Shift+P");
    expect(app.promote?.id).toMatch(/^span:/);
    app.closePromote();
    await keys("j", "Escape", "Escape", "j", "x");
    await keys("k", "x");
    expect(app.search.marked.size).toBe(2);
    expect((find('[aria-label="Marked traces"] button', "Promote") as HTMLButtonElement).disabled).toBe(true);
    app.closeTrace();
    await settle();
    await press("Shift+P");
    expect([app.promote, app.notices.current?.text]).toEqual([null, "A case is made of one trace: mark that one only"]);
  });

  it("stays over another query, and is told when it is not in that list", async () => {
    const { app, host } = page;
    await keys("x", "j", "j", "x");
    const rows = [app.search.row(0), app.search.row(1)].flatMap((row) => row ?? []);
    host.answer("search", () => ({ rows: rows.slice(0, 1), total: 1, total_exact: true, facets: {}, next: null, hints: [] }));
    await app.search.open("ferry");
    await settle();
    const ids = [...app.search.marked].map((id) => `id:${id}`).join(" OR ");
    expect(host.calls.findLast((call) => call.name === "search")?.request).toMatchObject({ query: `(ferry) (${ids})` });
    expect(bar().textContent).toContain("2 marked, 1 not in this list");
    host.answer("search", () => ({ rows: [], total: 0, total_exact: true, facets: {}, next: null, hints: [] }));
    await app.search.open("ferry dog");
    await settle();
    expect(bar().textContent).toContain("2 marked, none in this list");
    await app.search.open("");
    await settle();
    expect(bar().textContent).not.toContain("in this list");
  });
});

describe("what f does", () => {
  it("is said where it takes a filter back, and where there is nothing to filter by", async () => {
    const { app } = page;
    await press("j");
    const tenant = app.search.row(0)?.tenant ?? "";
    await press("f");
    expect(app.search.query).toBe(`tenant:${tenant}`);
    await press("f");
    expect([app.search.query, app.notices.current?.text]).toEqual(["", "Not filtered by tenant any more"]);
    page.host.answer("search_rows", ({ from }) => ({ rows: [{ ...row(from), tenant: null }] }) as never);
    await app.search.open("ferry");
    await keys("j", "f");
    expect([app.search.query, app.notices.current?.text]).toEqual(["ferry", "This row has no tenant"]);
  });

  it("leaves what a query that cannot be read answers to the query that was answered", async () => {
    const { app, host } = page;
    host.answer("search_open", () => ({ result_id: 2, total: 0, total_exact: true }));
    await app.search.open("old");
    await settle();
    expect(find(".rows").textContent).toContain("No trace answers old");
    host.answer("search_open", () => {
      throw new RpcError("RTK-Q002", "there is no field tennant");
    });
    await app.search.open("tennant:x");
    await settle();
    expect(find(".rows").textContent).toContain("This query is not answered");
    expect(find(".rows").textContent).not.toContain("No trace answers");
  });
});

describe("a trace that is gone", () => {
  it("says so once, and can be closed", async () => {
    const { app, host } = page;
    await press("j");
    const gone = () => {
      throw new RpcError("RTK-S010", "nothing in the workspace has this id");
    };
    for (const name of ["trace_get", "span_messages", "findings_list"] as const) host.answer(name, gone);
    await app.trace.open(app.trace.traceId ?? "", null, true);
    await settle();
    expect(document.querySelectorAll('[role="alert"]')).toHaveLength(0);
    expect(find(".detail").textContent).toContain("not in this workspace any more");
    find("button", "Close the trace").click();
    await settle();
    expect(app.trace.traceId).toBeNull();
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

  it("goes through the runs by j and by arrows", async () => {
    page.host.answer("runs_list", () => ({ runs: ["run-a", "run-b", "run-c"].map((run_id) => ({ run_id, status: "done", started_ns: "1", counts: { done: 1, failed: 0, pending: 0 }, variants: ["B"] })) }));
    page.app.go("runs");
    await settle();
    await settle();
    const links = () => [...document.querySelectorAll("tbody button")];
    await press("j");
    await press("j");
    expect(links().indexOf(document.activeElement as HTMLButtonElement)).toBe(2);
    await press("ArrowUp");
    expect(links().indexOf(document.activeElement as HTMLButtonElement)).toBe(1);
  });

  it("goes to the case and to the prompt that are shown", async () => {
    for (const [view, css] of [["golden", ".case"], ["prompts", ".entry"]] as const) {
      page.app.go(view);
      await settle();
      expect(document.activeElement?.matches(`${css}[aria-current="true"]`)).toBe(true);
    }
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
