/// The metrics as a view: what stands beside a failure, what a table is about, and what a call says of itself.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RpcError } from "$platform/types";
import { row } from "./incident";
import { find, openPage, press, settle, violations, type Page } from "./page";

let page: Page;
const body = () => find(".body");
const fails = (message: string) => () => {
  throw new RpcError("RTK-Q002", message);
};

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
  page.app.go("metrics");
  await settle();
});
afterEach(() => page.close());

describe("what fails", () => {
  it("leaves the old plots and tables dimmed below a query that cannot be answered, and says it once", async () => {
    expect(body().classList.contains("stale")).toBe(false);
    for (const name of ["metrics", "metrics_calls"] as const) page.host.answer(name, fails("the quote is not closed"));
    await page.app.metrics.open('tenant:"a');
    await settle();
    expect(body().classList.contains("stale")).toBe(true);
    expect(document.querySelectorAll(".failure").length).toBe(1);
    expect(body().querySelector(".failure")).toBeNull();
    expect(body().querySelectorAll("table").length).toBe(2);
    expect(await violations()).toEqual([]);
  });

  it("is told where it would stand when the rest was answered", async () => {
    page.host.answer("metrics_calls", fails("the calls cannot be read"));
    await page.app.metrics.read();
    await settle();
    expect(body().classList.contains("stale")).toBe(false);
    expect(find("table", "Calls with the highest values").closest(".stale")).not.toBeNull();
    expect(find("table", "Metrics").closest(".stale")).toBeNull();
    expect(body().querySelector(".failure")?.textContent).toContain("the calls cannot be read");
    expect(find("figure.wide").classList.contains("old")).toBe(true);
  });
});

describe("the table of totals", () => {
  it("says after a zoom that it is of the whole query, and asks for the span by a press or a key", async () => {
    expect(document.querySelector("caption")).toBeNull();
    await press("w");
    expect(find("caption").textContent).toContain("not only of the time span shown");
    expect(await violations()).toEqual([]);
    await press("n");
    expect(page.app.metrics.query).toContain("time:");
    expect(document.querySelector("caption")).toBeNull();
    await press("w");
    find("caption button").click();
    await settle();
    expect(document.querySelector("caption")).toBeNull();
  });
});

describe("a single call", () => {
  const plot = () => find("figure.wide");
  const point = async (css: string) => {
    const dot = plot().querySelector(css);
    const at = { clientX: Number(dot?.getAttribute("cx")), clientY: Number(dot?.getAttribute("cy")), bubbles: true };
    plot().querySelector("svg")?.dispatchEvent(new MouseEvent("pointermove", at));
    await settle();
    return Number(dot?.getAttribute("cx"));
  };

  it("says what it is when it is pointed at, and the line through all plots stands at its own time", async () => {
    page.host.answer("search", () => ({ rows: [row(3)], total: 1, total_exact: true, facets: {}, next: null, hints: [] }));
    const x = await point("circle.s6");
    expect(plot().querySelector(".caption")?.textContent).toMatch(/failed · \d/);
    expect([...document.querySelectorAll(".cursor")].map((line) => Number(line.getAttribute("x1")))).toContain(x);
    expect(plot().querySelector(".ring")).not.toBeNull();
    await new Promise((done) => setTimeout(done, 200));
    await settle();
    const asked = page.host.calls.findLast((call) => call.name === "search")?.request;
    const { mark } = page.app.metrics.pointed;
    expect(asked).toMatchObject({ query: `id:${mark?.span_id}`, of: "spans" });
    plot().querySelector("svg")?.dispatchEvent(new MouseEvent("pointerleave"));
    await settle();
    expect(plot().querySelector(".ring")).toBeNull();
    expect(plot().querySelector(".caption")?.textContent).toContain("calls");
  });

  it("is named by its model and tenant once they are known", async () => {
    page.host.answer("search", ({ query }) => ({ rows: [{ ...row(3), span_id: query.slice(3), tenant: "norrline", model: "small-model" }], total: 1, total_exact: true, facets: {}, next: null, hints: [] }));
    await point("circle.s0");
    await new Promise((done) => setTimeout(done, 200));
    await settle();
    expect(plot().querySelector(".caption")?.textContent).toContain("answered · small-model · norrline · ");
  });
});
