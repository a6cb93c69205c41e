/// Every view over the made-up incident: it renders, axe finds nothing, and no text of others becomes markup.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { App, View } from "$state/app.svelte";
import { COMMAND_IDS, commandInfo } from "$state/commands";
import { TABS } from "$state/trace.svelte";
import { RpcError } from "$platform/types";
import { MESSAGES } from "./incident";
import { find, openPage, press, settle, violations, type Page } from "./page";

let app: App;
let page: Page;

async function open(total = 5) {
  page = await openPage(total);
  app = page.app;
}

beforeEach(() => localStorage.clear());
afterEach(() => page.close());

describe("the window", () => {
  it("offers three ways in when there is nothing", async () => {
    await open(0);
    expect(document.body.textContent).toContain("Open the sample");
    expect(await violations()).toEqual([]);
  });

  it.each(["traces", "runs", "prompts", "golden", "metrics", "sources", "settings"] satisfies View[])("shows %s", async (view) => {
    await open();
    app.go(view);
    await settle();
    expect(await violations()).toEqual([]);
  });

  it.each(TABS)("shows a trace's %s", async (tab) => {
    await open();
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    app.trace.show(tab);
    await settle();
    expect(document.querySelector('[role="tabpanel"]')?.textContent?.length).toBeGreaterThan(20);
    expect(await violations()).toEqual([]);
  });

  it("says of a trusted message that passages of it are not", async () => {
    await open();
    const passages = MESSAGES.map((message) => (message.bands.length > 0 ? { ...message, role: "system", trust: "trusted" } : message));
    page.host.answer("span_messages", ({ span_id }) => ({ trace_id: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31", span_id: span_id ?? "", calls: [], messages: passages, tools: [] }));
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    await settle();
    const said = [...document.querySelectorAll(".trust")].map((node) => node.textContent);
    expect(said.filter((words) => words?.includes("with"))).toEqual(["trusted, with 3 untrusted passages"]);
    expect(said).toContain("trusted");
    expect(find("article", "trusted, with 3 untrusted passages").classList.contains("untrusted")).toBe(false);
  });

  it("bands passages in rendered Markdown as in the source, and lets one be chosen", async () => {
    await open();
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    await settle();
    const bands = () => [...document.querySelectorAll(".band")].map((node) => `${node.getAttribute("data-id") ?? ""} ${node.textContent ?? ""}`);
    const before = bands();
    expect(before).toHaveLength(3);
    await press("Shift+M");
    expect(find('button[aria-label="Markdown"]').getAttribute("aria-pressed")).toBe("true");
    expect(document.querySelector(".markdown p")).not.toBeNull();
    expect(bands()).toEqual(before);
    find(".markdown .band", "Contract customers").click();
    await settle();
    expect(app.trace.documentId).toBe("OST-7");
    app.trace.find.text = "FAR-31 v4";
    app.trace.find.open = true;
    await app.trace.askFind();
    await settle();
    expect(document.querySelector(".markdown .band")).not.toBeNull();
    expect(await violations()).toEqual([]);
  });

  it("has no time axis for a trace whose duration is not known", async () => {
    await open();
    const axis = () => find(".axis").textContent;
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    await settle();
    expect(axis()).toContain("0 ms");
    const whole = await page.host.rpc("trace_get", { id: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31" });
    page.host.answer("trace_get", () => ({ ...whole, trace_id: "other", end_ns: null }));
    await app.openTrace("other");
    await settle();
    expect(axis()).toContain("duration unknown");
    expect(axis()).not.toContain("0 ms");
  });

  it("tells in words how times are told, and a source once that is its kind too", async () => {
    await open();
    const record = { batch_id: "b-1", path: "log.har", byte_offset: 0, source: "exchange", kind: "exchange", body: {} };
    page.host.answer("span_raw", () => ({ records: [record] }));
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    app.trace.show("raw");
    await settle();
    expect([...document.querySelectorAll('[role="tabpanel"] .tag')].map((tag) => tag.textContent)).toEqual(["exchange"]);
    const said = [];
    for (let i = 0; i < 3; i += 1) {
      app.commands.run("times");
      await settle();
      said.push(/Times: [a-zA-Z ]+/.exec(document.body.textContent)?.[0]);
    }
    expect(said).toEqual([expect.stringContaining("Times: UTC"), expect.stringContaining("Times: how long ago"), expect.stringContaining("Times: local")]);
  });

  it("shows what an import could not read, as text, and how to have it whole", async () => {
    await open();
    app.go("sources");
    await settle();
    const kept = [...document.querySelectorAll("details")].find((details) => details.textContent.includes("kept raw"));
    if (!kept) throw new Error("nothing is kept");
    kept.open = true;
    kept.dispatchEvent(new Event("toggle"));
    await settle();
    expect(kept.querySelector("pre")?.textContent).toContain("<img src=x>");
    expect(kept.querySelector("img")).toBeNull();
    expect(kept.textContent).toContain("Copy command");
    expect(await violations()).toEqual([]);
  });

  it("asks before a connection's address is sent anything for the first time", async () => {
    await open();
    page.host.answer("connection_test", ({ name, allow_destinations }) => {
      if ((allow_destinations ?? []).length === 0) throw new RpcError("RTK-R006", "not allowed");
      return { name, ok: true, message: "1 model", models: ["small"], latency_ms: 3, code: null };
    });
    app.go("sources");
    await settle();
    const click = async (name: string) => {
      [...document.querySelectorAll<HTMLElement>('button, [role="tab"]')].find((button) => button.textContent.trim().startsWith(name))?.click();
      await settle();
    };
    const tests = () => page.host.calls.filter((call) => call.name === "connection_test").map((call) => call.request);
    await click("Connections");
    await click("Test");
    expect(document.querySelector('[role="dialog"]')?.textContent).toContain("127.0.0.1:8080");
    expect(await violations()).toEqual([]);
    expect(find(".ask").textContent).toContain("None of your data was sent to");
    await press("g");
    await press("t");
    expect([app.view, document.querySelector('[role="dialog"]') !== null], "the keys are the dialog's").toEqual(["sources", true]);
    await click("Do not ask it");
    expect(document.querySelector("article .failure"), "an answer is no failure").toBeNull();
    expect(tests()).toEqual([{ name: "local", allow_destinations: [] }]);
    await click("Test");
    await click("Ask it");
    expect(tests().at(-1)).toEqual({ name: "local", allow_destinations: ["127.0.0.1:8080"] });
    expect(document.querySelector("article")?.textContent).toContain("small");
  });

  it("shows of a retrieval what it was asked and what it brought, where its source recorded neither as text", async () => {
    await open();
    page.host.answer("span_get", ({ span_id }) => ({ trace_id: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31", span_id: span_id ?? "", name: "kb.search", kind: "retriever", status_message: null, error_type: null, input_value: null, output_value: null, attributes: {}, resource: {}, events: [] }));
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31", "00000000000000a1");
    app.trace.show("messages");
    await settle();
    const panel = find('[role="tabpanel"]');
    expect(panel.textContent).toContain("change ticket before departure");
    expect(panel.textContent).toContain("5 documents");
    expect(panel.textContent).not.toContain("not recorded");
    expect(await violations()).toEqual([]);
    find('[role="tabpanel"] li button', "OST-7").click();
    await settle();
    expect([app.trace.tab, app.trace.documentId]).toEqual(["context", "OST-7"]);
  });

  it("says of every number of a signal of how many calls it is, when some lack it", async () => {
    await open();
    app.go("metrics");
    await settle();
    const cells = [...document.querySelectorAll('table[aria-label="Metrics"] tbody tr:first-child td')].map((cell) => cell.textContent?.trim());
    expect(cells.slice(4, 12)).toEqual(["900 ms", "3.1 s", "4 s", "240 msof 50 %", "—of 50 %", "4,000", "900", "$0.00036of 75 %"]);
  });

  it("quotes what a failed assertion found beside what was expected", async () => {
    await open();
    app.go("golden");
    await settle();
    const failed = [...document.querySelectorAll("li.failed")].map((item) => item.textContent);
    expect(failed[0]).toContain("does not contain");
    expect(failed[0]).toContain("found in the answer: 24 hours before");
    expect(failed[1]).not.toContain("found in the answer");
  });

  it("shows a case as people read it, and keeps its results as the baseline when that is asked for", async () => {
    await open();
    app.go("golden");
    await settle();
    expect(document.querySelector(".dot.old")?.getAttribute("aria-label")).toBe("baseline: pass");
    app.commands.run("check.show");
    await settle();
    await new Promise((done) => setTimeout(done, 20));
    await settle();
    expect(document.querySelector("article")?.textContent).toContain("the answer must contain “24 hours”");
    expect(await violations()).toEqual([]);
    app.commands.run("check.accept");
    await settle();
    expect(page.host.calls.some((call) => call.name === "check" && Reflect.get(call.request as object, "update_baseline"))).toBe(false);
    find(".dialog .primary").click();
    await settle();
    expect(page.host.calls.findLast((call) => call.name === "check")?.request).toEqual({ sets: ["/repo/golden/changes"], update_baseline: true });
  });

  it("keeps the steps of the sample that were done over a start, for its workspace alone", async () => {
    localStorage.setItem("retake:sampleStrip", "/home/mira/ferry.retake");
    localStorage.setItem("retake:sampleSteps /home/mira/ferry.retake", '["find","audit"]');
    await open();
    const done = () => [...document.querySelectorAll(".strip li.done")].map((step) => step.textContent?.trim());
    expect(done()).toEqual(["Find the bad answer", "Look at who did what"]);
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    app.trace.show("context");
    await settle();
    expect(JSON.parse(localStorage.getItem("retake:sampleSteps /home/mira/ferry.retake") ?? "[]")).toContain("context");
    expect(app.settings.sampleSteps("/home/mira/other.retake")).toEqual([]);
    expect(await violations()).toEqual([]);
  });

  it("keeps what is written while other views are looked at", async () => {
    await open();
    app.go("golden");
    await settle();
    const path = app.library.golden.value?.sets[0]?.cases[0]?.path ?? "";
    app.library.drafts.set(path, "version: 1\n# of mine\n");
    app.go("metrics");
    await settle();
    app.go("golden");
    await settle();
    expect([...document.querySelectorAll(".tag")].map((tag) => tag.textContent)).toContain("changed");
  });

  it("keeps the scores of retriever and reranker apart", async () => {
    await open();
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    app.trace.show("context");
    await settle();
    const table = document.querySelector('table[aria-label="Documents"]');
    const heads = [...(table?.querySelectorAll("th") ?? [])].map((head) => head.textContent);
    expect(heads.slice(0, 4)).toEqual(["#", "document", "score", "rerank"]);
    const scores = [...(table?.querySelectorAll("tbody tr") ?? [])].map((row) => [...row.querySelectorAll("td")].slice(2, 4).map((cell) => cell.textContent));
    expect([scores[0], scores[3]]).toEqual([["0.850", "0.970"], ["0.640", "—"]]);
  });

  it("shows the bench with takes side by side", async () => {
    await open();
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    await app.replay();
    await app.bench.start();
    await settle();
    expect([...document.querySelectorAll("section.take")].map((take) => take.getAttribute("aria-label"))).toEqual(["A recorded", "B", "C"]);
    expect(document.querySelector(".insert")?.textContent).toBe("Changes are ");
    expect(await violations()).toEqual([]);
  });

  it.each(["palette", "keys", "jobs", "ledger"] as const)("shows the %s", async (overlay) => {
    await open();
    app.overlay = overlay;
    await settle();
    expect(document.querySelector('[role="dialog"]')).not.toBeNull();
    expect(await violations()).toEqual([]);
  });

  it("shows the promote sheet", async () => {
    await open();
    app.settings.setLastSet(app.workspace, "/repo/golden/changes");
    await app.openPromote("take:t-1", "When?", null);
    await new Promise((done) => setTimeout(done, 20));
    await settle();
    expect(document.querySelector('[role="dialog"]')?.textContent).toContain("FAR-12 version 3 says 24 hours");
    expect(document.querySelector('[role="dialog"]')?.textContent).toContain("outdated documents: FAR-12 version 2");
    expect(document.querySelector('[role="dialog"] .take')?.textContent).toContain("gpt-4o-mini");
    expect(await violations()).toEqual([]);
  });

  it("shows hidden characters as marks and markup as text", async () => {
    await open();
    app.host.rpc = new Proxy(app.host.rpc, {
      apply: async (call, host, [name, request]) => {
        const answer = await Reflect.apply(call, host, [name, request]);
        if (name !== "span_messages") return answer;
        return JSON.parse(JSON.stringify(answer).replaceAll("Never promise money.", "<img src=x onerror=alert(1)><script>alert(2)</script>"));
      },
    });
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    await settle();
    const panel = document.querySelector('[role="tabpanel"]');
    expect(panel?.querySelector("img, script")).toBeNull();
    expect(panel?.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(panel?.textContent).toContain("RLO");
    expect(panel?.textContent).not.toContain("\u202e");
  });

  it("prints every command that has a key on the sheet of keys", async () => {
    await open();
    app.overlay = "keys";
    await settle();
    const sheet = document.querySelector('[role="dialog"]')?.textContent ?? "";
    for (const id of COMMAND_IDS) if (commandInfo(id).keys.length > 0) expect(sheet).toContain(commandInfo(id).series ?? commandInfo(id).title);
  });

  it("shows an error of the core where it happened, with code and remedy", async () => {
    await open();
    const rpc = app.host.rpc.bind(app.host);
    app.host.rpc = (async (name, request) => {
      if (name === "trace_get") throw { code: "RTK-S011", message: "the workspace cannot be read", hint: "Run the checks." };
      return rpc(name, request);
    }) as typeof app.host.rpc;
    await app.openTrace("0000");
    await settle();
    const alert = document.querySelector('[role="alert"]')?.textContent ?? "";
    for (const words of ["RTK-S011", "the workspace cannot be read", "Run the checks.", "Copy details"]) expect(alert).toContain(words);
  });

  it("keeps a list of a million rows small", async () => {
    await open(1_000_000);
    expect(document.querySelectorAll('[role="grid"] [role="row"]').length).toBeLessThan(60);
    expect(document.querySelectorAll("*").length).toBeLessThan(1500);
  });
});
