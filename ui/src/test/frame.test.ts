/// The frame: keys that were changed by hand, saved views, links, further windows, other workspaces, the native menu.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Job } from "$bindings/rpc";
import { App } from "$state/app.svelte";
import { commandInfo } from "$state/commands";
import { nativeMenu } from "$state/menu";
import { Settings } from "$state/settings.svelte";
import { incident } from "./incident";
import { find, openPage, press, settle, violations, type Page } from "./page";

const TRACE = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
let page: Page;

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
});
afterEach(() => page.close());

/** The button that shows a command's keys in the settings. */
async function keysOf(title: string): Promise<HTMLElement> {
  page.app.go("settings");
  await settle();
  const field = find('input[aria-label="Search the settings"]') as HTMLInputElement;
  field.value = title;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  return find(`button[aria-label^="Keys of ${title}"]`);
}

describe("keys", () => {
  it("are changed by pressing others, say whom they collide with, and are there after a start", async () => {
    const button = await keysOf("Incident report");
    button.click();
    await settle();
    button.focus();
    await press("Alt+i");
    expect(page.app.settings.keysOf("trace.report")).toEqual(["Alt+I"]);
    expect(new Settings().keysOf("trace.report")).toEqual(["Alt+I"]);

    await page.app.openTrace(TRACE);
    await settle();
    document.body.focus();
    await press("Shift+R");
    expect(page.app.overlay).toBeNull();
    await press("Alt+i");
    expect(page.app.overlay).toBe("report");
    page.app.overlay = null;

    const again = await keysOf("Incident report");
    again.click();
    again.focus();
    await press("Ctrl+k");
    await settle();
    expect(again.closest("li")?.textContent).toContain("also: Command palette");
    expect(await violations()).toEqual([]);
    find('button[aria-label="Incident report: keys as at first"]').click();
    expect(page.app.settings.keysOf("trace.report")).toEqual(commandInfo("trace.report").keys);
  });

  it("take two in a row, leave by Escape, and leave Enter and Tab to the page", async () => {
    const button = await keysOf("Incident report");
    button.click();
    button.focus();
    await press("q");
    await press("r");
    expect(page.app.settings.keysOf("trace.report")).toEqual(["q r"]);
    button.click();
    await press("x");
    await press("Escape");
    expect(page.app.settings.keysOf("trace.report")).toEqual(["q r"]);
    button.click();
    await press("Enter");
    expect(button.textContent).toContain("Enter stays as it is");
    await press("Escape");
    expect(page.app.view).toBe("settings");
  });

  it("stand in the sheet, in tooltips and in the palette as they are now", async () => {
    page.app.settings.setKeys("go.metrics", ["F7"]);
    await settle();
    expect(find('nav button[aria-label="Metrics"]').title).toBe("Metrics  F7");
    page.app.overlay = "keys";
    await settle();
    expect(find('[role="dialog"]').textContent).toContain("F7");
    page.app.overlay = null;
    await settle();
    await press("F7");
    expect(page.app.view).toBe("metrics");
    page.app.settings.setKeys("go.metrics", []);
    expect(page.app.commands.hint("go.metrics")).toBe("Metrics");
  });
});

describe("quitting", () => {
  const JOB: Job = { job_id: "j-9", kind: "run", title: "replay, 5 calls", state: "running", started_ns: "1", ended_ns: null, progress: { done: 2, total: 5, unit: "calls", records: null, rate: null, left_ms: null }, result: null };

  it("is done at once while nothing runs", async () => {
    await press("Ctrl+q");
    expect(page.host.ended).toBe(true);
  });

  it("asks once while something runs, and says what becomes of it", async () => {
    page.host.answer("job_list", () => ({ jobs: [JOB] }));
    await page.app.jobs.read();
    page.host.choose("window.quit");
    await settle();
    expect([page.host.ended, page.app.overlay]).toEqual([false, "quit"]);
    expect(find('[role="dialog"]').textContent).toContain("2 of 5 calls");
    expect(await violations()).toEqual([]);
    find('[role="dialog"] button', "Stay").click();
    await settle();
    expect([page.host.ended, page.app.overlay]).toEqual([false, null]);
    await press("Ctrl+q");
    find('[role="dialog"] button.primary', "Quit").click();
    await settle();
    expect(page.host.ended).toBe(true);
  });
});

describe("jobs that failed", () => {
  it("stay in the status bar until the list was opened", async () => {
    const job: Job = { job_id: "j-9", kind: "import", title: "import x.bin", state: "running", started_ns: "1", ended_ns: null, progress: { done: null, total: null, unit: "bytes", records: null, rate: null, left_ms: null }, result: null };
    page.host.answer("job_list", () => ({ jobs: [job] }));
    await page.app.jobs.read();
    page.host.answer("job_list", () => ({ jobs: [{ ...job, state: "failed", result: { error: { code: "RTK-I001", message: "no", hint: null } } }] }));
    await page.app.jobs.read();
    await settle();
    find("footer button", "import x.bin failed").click();
    await settle();
    expect(page.app.overlay).toBe("jobs");
    expect(page.app.jobs.failed).toEqual([]);
  });
});

describe("settings", () => {
  it("are found by words, and say when none is", async () => {
    page.app.go("settings");
    await settle();
    const field = find('input[aria-label="Search the settings"]') as HTMLInputElement;
    const headings = () => [...document.querySelectorAll("section > h2")].map((heading) => heading.textContent);
    for (const [words, shown] of [["backup", ["Workspace"]], ["theme", ["Looks", "Keys"]], ["telemetry", ["What leaves this machine"]], ["qqq", []]] as const) {
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
      expect(headings()).toEqual(shown);
    }
    expect(document.body.textContent).toContain("No setting has these words.");
  });
});

describe("saved views", () => {
  it("keep a query with its columns under a name, come back with both, and their removal can be undone", async () => {
    const { app } = page;
    await app.search.open("tenant:acme");
    await settle();
    await press("Ctrl+d");
    await settle();
    const field = find(".save-view input") as HTMLInputElement;
    field.value = "Acme";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(await violations()).toEqual([]);
    app.settings.toggleColumn("model");
    find(".save-view button[type=submit]").click();
    await settle();
    expect(app.settings.saved).toEqual([{ name: "Acme", query: "tenant:acme", columns: app.settings.columns }]);
    app.settings.resetColumns();
    await app.search.open("");
    await app.openSaved("tenant:acme");
    expect([app.search.query, app.settings.columns.includes("model")]).toEqual(["tenant:acme", true]);
    const undo = app.settings.unsave("tenant:acme");
    expect(app.settings.saved).toEqual([]);
    undo();
    expect(new Settings().saved.map((view) => view.name)).toEqual(["Acme"]);
  });

  it("of an earlier version, which were queries alone, are still there", () => {
    localStorage.setItem("retake:saved", JSON.stringify(["has:leak", 7, { name: "x" }, { name: "Cost", query: "cost:>1", columns: ["cost", "nope", "cost"] }]));
    expect(new Settings().saved).toEqual([
      { name: "has:leak", query: "has:leak", columns: [] },
      { name: "Cost", query: "cost:>1", columns: ["cost"] },
    ]);
  });
});

describe("links", () => {
  it("lead to a trace, from the system, a paste and the palette; one that leads nowhere says what a link is", async () => {
    const { app, host } = page;
    host.link(`retake://trace/${TRACE}`);
    await settle();
    expect([app.trace.traceId, app.full]).toEqual([TRACE, true]);
    host.link("retake://metrics");
    await settle();
    expect(app.view).toBe("metrics");
    const clipboardData = { getData: () => "retake://search/tenant%3Aacme" };
    window.dispatchEvent(Object.assign(new Event("paste"), { clipboardData }));
    await settle();
    expect([app.view, app.search.query]).toEqual(["traces", "tenant:acme"]);
    app.overlay = "palette";
    await settle();
    const field = find('[role="dialog"] input') as HTMLInputElement;
    field.value = "retake://runs";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    await press("Enter");
    await new Promise((later) => setTimeout(later, 5));
    expect(app.view).toBe("runs");
    host.link("retake://delete/everything");
    await settle();
    expect(find('[role="alert"]').textContent).toContain("the link leads nowhere");
  });

  it("of the place are copied, and opened in a further window", async () => {
    const { app, host } = page;
    await app.openTrace(TRACE);
    await settle();
    app.commands.run("link.copy");
    await settle();
    expect(host.copied).toMatch(new RegExp(`^retake://trace/${TRACE}`));
    app.commands.run("window.open");
    app.commands.run("window.new");
    await settle();
    expect(host.windows).toEqual([host.copied, null]);
  });

  it("a further window leaves the tabs to the first", async () => {
    const host = incident();
    const first = new App(host, () => 0);
    const stop = first.start();
    await settle();
    first.openTraceTab(TRACE, null, "kept");
    first.keepTabs();
    window.dispatchEvent(new Event("pagehide"));
    // Another window has a session of its own.
    sessionStorage.clear();
    const further = new App(incident(), () => 0);
    const stopFurther = further.start({ further: true, link: "retake://metrics" });
    await settle();
    expect([further.tabs.all.length, further.view]).toEqual([1, "metrics"]);
    further.keepTabs();
    window.dispatchEvent(new Event("pagehide"));
    sessionStorage.clear();
    const next = new App(incident(), () => 0);
    const stopNext = next.start();
    await settle();
    expect(next.tabs.all.length).toBe(2);
    for (const end of [stop, stopFurther, stopNext]) end();
  });
});

describe("workspaces", () => {
  it("that were open before are offered, a lost one is said, and a copy is told", async () => {
    const { app, host } = page;
    host.recent = [
      { path: app.workspace, name: "this", exists: true },
      { path: "/b.retake", name: "refunds", exists: true },
      { path: "/c.retake", name: "lost", exists: false },
    ];
    app.go("settings");
    await settle();
    expect([...document.querySelectorAll(".recent li")].map((row) => row.textContent?.trim().replace(/\s+/g, " "))).toEqual(["refunds/b.retake", "lost/c.retakenot there any more"]);
    find(".recent button", "refunds").click();
    host.answer("workspace_copy", () => ({ path: "/copy.retake", bytes: 10 }));
    find(".actions button", "Save a copy").click();
    await settle();
    expect(host.opened).toEqual([{ recent: "/b.retake" }]);
    expect(document.body.textContent).toContain("Copied to /copy.retake");
    expect(await violations()).toEqual([]);
  });
});

describe("the native menu", () => {
  it("holds each command that the palette has, with the keys of now, and runs it", async () => {
    const { app, host } = page;
    const titles = host.menu?.menus.map((menu) => menu.title);
    expect(titles).toEqual(["Workspace", "Go to", "List", "Trace", "Replay and compare", "Window"]);
    expect(host.menu?.bar).toBe(false);
    app.commands.run("menu.bar");
    app.settings.setKeys("go.metrics", ["Ctrl+Alt+M"]);
    await settle();
    const entry = host.menu?.menus.flatMap((menu) => menu.items).find((item) => item.id === "go.metrics");
    expect([host.menu?.bar, entry]).toEqual([true, { id: "go.metrics", title: "Metrics", key: "Ctrl+Alt+M" }]);
    host.choose("go.metrics");
    await settle();
    expect(app.view).toBe("metrics");
    app.overlay = "palette";
    host.choose("go.runs");
    expect(app.view).toBe("metrics");
    expect(nativeMenu((id) => commandInfo(id).keys, true).menus.flatMap((menu) => menu.items).length).toBeGreaterThan(80);
  });
});

describe("a page that comes back", () => {
  it("stands where it was, with what was being typed", async () => {
    const { app } = page;
    await app.search.open("tenant:acme");
    app.search.draft = "tenant:acme latency:>2s";
    await app.openTrace(TRACE);
    app.trace.show("context");
    await app.replay();
    const variant = app.bench.variants[0];
    if (variant) Object.assign(variant, { model: "small", messages: { 0: "Answer briefly." } });
    app.library.drafts.set("/repo/case.yaml", "version: 1\n# mine\n");
    await app.openPromote("span:a", "How long?", null);
    if (app.promote) app.promote.own = "contains:30 days";
    await settle();
    await page.close();
    page = await openPage(5, true);
    const back = page.app;
    expect([back.search.query, back.search.draft, back.view, back.trace.traceId, back.trace.tab]).toEqual(["tenant:acme", "tenant:acme latency:>2s", "replay", TRACE, "context"]);
    expect(back.bench.variants.map(({ model, messages }) => ({ model, messages }))).toEqual([{ model: "small", messages: { 0: "Answer briefly." } }]);
    expect([back.library.drafts.get("/repo/case.yaml"), back.promote?.own]).toEqual(["version: 1\n# mine\n", "contains:30 days"]);
  });

  it("takes nothing from what it cannot read", async () => {
    for (const name of ["search", "drafts", "promote", "tabs"]) sessionStorage.setItem(`retake:${name}`, '[{"a":');
    localStorage.setItem(`retake:tabs ${page.app.workspace}`, '{"tabs":[{"view":"replay","variants":[7,null,{"drop":9}]}]}');
    await page.close();
    page = await openPage(5, true);
    expect([page.app.search.query, page.app.promote, page.app.library.drafts.size]).toEqual(["", null, 0]);
  });
});
