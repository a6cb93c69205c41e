import { beforeEach, describe, expect, it } from "vitest";
import { incident } from "../test/incident";
import { App } from "./app.svelte";

const A = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
const B = "00000001a4b7d3e8812f6a9b0c4d7e31";
const opened = (app: App) => app.tabs.all.map((tab) => tab.title);

beforeEach(() => localStorage.clear());

describe("Tabs", () => {
  it("opens a trace behind the list, and reads it when it is looked at", async () => {
    const host = incident();
    const app = new App(host, () => 0);
    app.openTraceTab(A, null, "About a ferry", true);
    expect([app.tabs.at, opened(app)]).toEqual([0, ["Traces", "About a ferry"]]);
    expect(host.calls.some((call) => call.name === "trace_get")).toBe(false);
    app.tabs.step(1);
    await new Promise((done) => setTimeout(done, 0));
    expect([app.trace.traceId, app.full, app.tabs.active.title]).toEqual([A, true, "How long before departure can I change my ferry ticket?"]);
  });

  it("keeps trace, section, selection and history apart", async () => {
    const app = new App(incident(), () => 0);
    await app.openTrace(A);
    app.trace.show("audit");
    app.openTraceTab(B, null, "another");
    app.trace.show("raw");
    app.go("prompts");
    expect([app.view, app.canBack]).toEqual(["prompts", true]);
    app.tabs.step(-1);
    expect([app.view, app.trace.traceId, app.trace.tab, app.canBack]).toEqual(["traces", A, "audit", false]);
    app.tabs.step(1);
    expect(app.back()).toBe(true);
    expect([app.view, app.trace.traceId, app.trace.tab]).toEqual(["traces", B, "raw"]);
  });

  it("closes to the neighbour, reopens in place and as it was, and keeps the last one", async () => {
    const app = new App(incident(), () => 0);
    app.openTraceTab(A, null, "a");
    app.openTraceTab(B, "00000000000000a3", "b");
    app.trace.show("context");
    app.tabs.choose(app.tabs.all[1]);
    const middle = app.tabs.active;
    expect(app.tabs.close()).toBe(true);
    expect(app.trace.traceId).toBe(B);
    expect(app.tabs.reopen()).toBe(true);
    expect([app.tabs.at, app.tabs.active]).toEqual([1, middle]);
    app.tabs.close();
    app.tabs.close();
    expect(app.tabs.close()).toBe(false);
    expect(app.tabs.all.length).toBe(1);
    // What was closed last comes first.
    app.tabs.reopen();
    expect([app.trace.traceId, app.trace.spanId, app.trace.tab]).toEqual([B, "00000000000000a3", "context"]);
    expect(app.tabs.reopen() && app.trace.traceId === A && !app.tabs.canReopen).toBe(true);
  });

  it("moves a tab among the others and goes round at the ends", () => {
    const app = new App(incident(), () => 0);
    app.openTraceTab(A, null, "a", true);
    app.openTraceTab(B, null, "b", true);
    expect(app.tabs.move(app.tabs.active, 2)).toBe(true);
    expect(app.tabs.move(app.tabs.active, 9)).toBe(false);
    expect(opened(app)).toEqual(["a", "b", "Traces"]);
    app.tabs.step(1);
    expect(app.tabs.at).toBe(0);
  });

  it("is there again after a start, for its own workspace only, and reads one tab", async () => {
    const first = new App(incident(), () => 0);
    const stop = first.start();
    await new Promise((done) => setTimeout(done, 10));
    first.openTraceTab(A, "00000000000000a4", "a");
    await new Promise((done) => setTimeout(done, 0));
    first.trace.show("raw");
    first.openTraceTab(B, null, "b", true);
    first.keepTabs();
    stop();

    const host = incident();
    const second = new App(host, () => 0);
    // A new start has a session of its own.
    sessionStorage.clear();
    const stopSecond = second.start();
    await new Promise((done) => setTimeout(done, 20));
    expect(second.tabs.all.map((tab) => [tab.view, tab.full])).toEqual([["traces", false], ["traces", true], ["traces", true]]);
    expect([second.tabs.at, second.trace.traceId, second.trace.spanId, second.trace.tab]).toEqual([1, A, "00000000000000a4", "raw"]);
    expect(host.calls.filter((call) => call.name === "trace_get").length).toBe(1);
    stopSecond();

    const elsewhere = incident();
    const info = await elsewhere.rpc("workspace_info", {});
    elsewhere.answer("workspace_info", () => ({ ...info, path: "/home/mira/other.retake" }));
    const third = new App(elsewhere, () => 0);
    sessionStorage.clear();
    const stopThird = third.start();
    await new Promise((done) => setTimeout(done, 20));
    expect(third.tabs.all.length).toBe(1);
    stopThird();
  });

  it.each(["", "{", "[]", '{"tabs":[1,{"view":"nowhere"},{"view":"traces"}]}'])("begins anew when what was kept is %j", (text) => {
    const app = new App(incident(), () => 0);
    app.tabs.restore(text);
    expect(opened(app)).toEqual(["Traces"]);
  });

  it("reads again what changed behind it", async () => {
    const host = incident();
    let version = 1;
    host.answer("workspace_changes", () => ({ data_version: version }));
    const app = new App(host, () => 0);
    await app.search.open("");
    await app.openTrace(A);
    app.openTraceTab(B, null, "b");
    await app.look();
    version = 2;
    await app.look();
    const before = host.calls.filter((call) => call.name === "trace_get").length;
    app.tabs.step(-1);
    await new Promise((done) => setTimeout(done, 0));
    expect(host.calls.filter((call) => call.name === "trace_get").slice(before).map((call) => call.request)).toEqual([{ id: A, spans: 400 }]);
  });

  it("shows a run that goes on in another tab", async () => {
    const app = new App(incident(), () => 0);
    const run = await app.host.rpc("run_get", { id: "run-1" });
    app.bench.run.value = { ...run, status: "running" };
    app.openTraceTab(A, null, "a");
    expect([app.bench.running, app.runningBench?.run.value?.run_id]).toEqual([false, "run-1"]);
  });
});
