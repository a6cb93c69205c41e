/// The metrics as a view: what stands beside a failure, what a table is about, and what a call says of itself.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RpcError } from "$platform/types";
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
