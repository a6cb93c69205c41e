import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RpcError } from "$platform/types";
import { incident, incidentAnswers } from "../test/incident";
import { App } from "./app.svelte";
import { Promote } from "./promote.svelte";

const JOB = { job_id: "j-1", kind: "import", title: "import traces.jsonl", state: "running", started_ns: "0", ended_ns: null, progress: { done: 5, total: 10, unit: "bytes", records: 3, rate: null, left_ms: null }, result: null };
const REPORT = { batch_id: "b", state: "done", files: [{ path: "/x/traces.jsonl" }], skipped: [], totals: { traces: 60, spans: 246, audit_events: 0, duplicates: 2, rejected: 0 } };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("App", () => {
  it("imports what is dropped and tells what became of it", async () => {
    const host = incident();
    let job: unknown = JOB;
    host.answer("import_start", () => ({ job_id: "j-1" }));
    host.answer("job_list", () => ({ jobs: [job] }) as never);
    const app = new App(host, () => 0);
    const stop = app.start();
    await vi.advanceTimersByTimeAsync(10);
    host.drop(["/x/traces.jsonl"]);
    await vi.advanceTimersByTimeAsync(50);
    expect(host.calls).toContainEqual({ name: "import_start", request: { paths: ["/x/traces.jsonl"] } });
    expect(app.jobs.active.length).toBe(1);
    job = { ...JOB, state: "done", result: REPORT };
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.notices.current?.text).toBe("Imported traces.jsonl: 60 traces, 2 already there");
    stop();
  });

  it("offers a mapping only for a file that no format claims, and says of a broken one what is wrong", async () => {
    const host = incident();
    const path = "/x/broken.json";
    const failed = { ...JOB, job_id: "j-2", state: "failed", started_ns: "5", result: { error: { code: "RTK-I002", message: "nothing was understood in broken.json" } } };
    const batch = (files: unknown[]) => ({ batches: [{ sources: [path], at_ns: "6", files, skipped: [] }, { sources: [path], at_ns: "1", files: [], skipped: [] }] }) as never;
    host.answer("import_start", () => ({ job_id: "j-2" }));
    host.answer("job_list", () => ({ jobs: [failed] }) as never);
    host.answer("batches_list", () => batch([{ path, format: "otlp-json", warnings: [{ code: "RTK-I012", count: 1, example: { message: "the file ends within a document; the records before are kept", line: 1, byte_offset: 0 } }] }]));
    const app = new App(host, () => 0);
    await app.importPaths([path]);
    await vi.advanceTimersByTimeAsync(10);
    expect([app.notices.current?.text, app.notices.current?.action?.title]).toEqual(["broken.json (otlp-json): the file ends within a document; the records before are kept", "Report"]);
    host.answer("batches_list", () => batch([]));
    await app.importPaths([path]);
    await vi.advanceTimersByTimeAsync(10);
    expect(app.notices.current?.action?.title).toBe("Map it");
    app.jobs.stop();
  });

  it("shows the update of a workspace of an earlier version until it can be read", async () => {
    const host = incident();
    const update = { workspace: "/home/mira/ferry.retake", copy: "/home/mira/ferry.retake.v24.backup", bytes: 2_000, copiedBytes: 500 };
    host.updates = [update, { ...update, copiedBytes: 1_500 }];
    const app = new App(host, () => 0);
    const stop = app.start();
    await vi.advanceTimersByTimeAsync(10);
    expect(app.updating?.copiedBytes).toBe(500);
    await vi.advanceTimersByTimeAsync(250);
    expect(app.updating?.copiedBytes).toBe(1_500);
    await vi.advanceTimersByTimeAsync(250);
    expect(app.updating).toBeNull();
    stop();
  });

  it("keeps a failed job in sight until it was looked at", async () => {
    const host = incident();
    let job: unknown = JOB;
    host.answer("import_text", () => ({ job_id: "j-1" }));
    host.answer("job_list", () => ({ jobs: [job] }) as never);
    const app = new App(host, () => 0);
    await app.importText("{}");
    await vi.advanceTimersByTimeAsync(50);
    job = { ...JOB, state: "failed", result: { code: "RTK-I001", message: "no format claims this" } };
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.jobs.failed.length).toBe(1);
    app.jobs.look("j-1");
    expect(app.jobs.failed.length).toBe(0);
    app.jobs.stop();
  });

  it("sees within two seconds what another process imported", async () => {
    const host = incident(0);
    let version = 1;
    host.answer("workspace_changes", () => ({ data_version: version }));
    const app = new App(host, () => 0);
    const stop = app.start();
    await vi.advanceTimersByTimeAsync(1500);
    expect(app.search.total).toBe(0);
    version = 2;
    host.answer("search_open", () => ({ result_id: 2, total: 8, total_exact: true }));
    await vi.advanceTimersByTimeAsync(1900);
    expect(app.search.total).toBe(8);
    stop();
  });

  it("marks in the list what is looked at again by going back", async () => {
    const app = new App(incident(), () => 0);
    const stop = app.start();
    await vi.advanceTimersByTimeAsync(10);
    const [first, second] = [app.search.row(0), app.search.row(3)];
    await app.openTrace(first?.trace_id ?? "", null, false);
    await app.openTrace(second?.trace_id ?? "", null, false);
    app.search.active = 3;
    expect(app.back()).toBe(true);
    await vi.advanceTimersByTimeAsync(10);
    expect([app.trace.traceId, app.search.active]).toEqual([first?.trace_id, 0]);
    stop();
  });

  it("sees what arrived between the first screen and the first look", async () => {
    const host = incident(0);
    let version = 1;
    host.answer("workspace_changes", () => ({ data_version: version }));
    const app = new App(host, () => 0);
    const stop = app.start();
    await vi.advanceTimersByTimeAsync(100);
    version = 2;
    host.answer("search_open", () => ({ result_id: 2, total: 8, total_exact: true }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.search.total).toBe(8);
    stop();
  });

  it("goes back and forward through what was looked at", async () => {
    const app = new App(incident(), () => 0);
    await app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
    app.go("sources");
    app.go("prompts");
    app.back();
    expect(app.view).toBe("sources");
    app.back();
    expect([app.view, app.trace.traceId]).toEqual(["traces", "5f0c9e12a4b7d3e8812f6a9b0c4d7e31"]);
    app.forward();
    expect(app.view).toBe("sources");
  });

  it("replays the marked traces together, each by its last call", async () => {
    const app = new App(incident(), () => 0);
    await app.search.open("");
    app.search.toggleMark("a");
    app.search.toggleMark("b");
    await app.replay();
    expect(app.view).toBe("replay");
    expect(app.bench.targets.map((target) => [target.traceId, target.spanId])).toEqual([
      ["a", "00000000000000a5"],
      ["b", "00000000000000a5"],
    ]);
  });
});

describe("Promote", () => {
  it("writes only what is left ticked, and checks it", async () => {
    const host = incident();
    const promote = new Promote(host, "take:t-1", "When?", { set: "/repo/golden/changes", workspace: "/home/mira/ferry.retake" });
    await vi.advanceTimersByTimeAsync(10);
    const [first, second] = promote.preview.value?.assertions ?? [];
    expect(promote.chosen.length).toBe(2);
    promote.left.add(second?.spec ?? "");
    expect(await promote.write()).toBe(true);
    const written = host.calls.findLast((call) => call.name === "promote")?.request;
    expect(written).toMatchObject({ id: "take:t-1", set: "/repo/golden/changes", asserts: [first?.spec], no_suggest: true, preview: false });
    await promote.runCheck();
    expect(promote.check.value?.verdict).toBe("fail");
  });

  it("comes up filled: with the set that was used last, else one of the workspace, else one beside it, and what was wrong", async () => {
    const host = incident();
    const app = new App(host, () => 0);
    await app.readInfo();
    host.answer("golden_list", () => ({ sets: [] }));
    await app.openPromote("span:a", "When?", null);
    expect(app.promote?.set).toBe("/home/mira/golden");
    app.library.golden.clear();
    host.answer("golden_list", incidentAnswers().golden_list);
    await app.openTrace("a");
    await vi.advanceTimersByTimeAsync(10);
    await app.openPromote("span:a", "When?", app.trace.traceId);
    await vi.advanceTimersByTimeAsync(10);
    expect(app.promote?.set).toBe("/repo/golden/changes");
    expect(app.promote?.reason).toContain("OST-7 belongs to hafen-ost");
    expect(app.promote?.chosen.length).toBe(2);
    app.settings.setLastSet(app.workspace, "/repo/golden/last");
    await app.openPromote("span:a", "When?", "another");
    expect([app.promote?.set, app.promote?.reason]).toEqual(["/repo/golden/last", ""]);
  });

  it("is filled although the folder is no good, and writes nothing into it", async () => {
    const host = incident();
    const answer = incidentAnswers().promote;
    host.answer("promote", (request) => {
      if (request.set === "/repo/broken") throw new RpcError("RTK-G003", "set.yaml cannot be read");
      if (!answer) throw new Error("no answer");
      return answer(request);
    });
    const promote = new Promote(host, "take:t-1", "When?", { set: "/repo/broken", workspace: "/home/mira/ferry.retake" });
    await vi.advanceTimersByTimeAsync(10);
    expect([promote.chosen.length, promote.preview.value?.refused?.code, promote.ready]).toEqual([2, "RTK-G003", false]);
    expect(await promote.write()).toBe(false);
    promote.set = "";
    promote.previewSoon(0);
    await vi.advanceTimersByTimeAsync(10);
    expect([promote.chosen.length, promote.preview.value?.refused, promote.ready]).toEqual([2, null, false]);
    promote.set = "/repo/good";
    promote.previewSoon(0);
    expect(promote.ready).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(promote.ready).toBe(true);
    promote.set = "/repo/faster";
    expect([promote.ready, await promote.write()]).toEqual([false, true]);
    expect(host.calls.findLast((call) => call.name === "promote")?.request).toMatchObject({ set: "/repo/faster", preview: false });
  });

  const filled = { set: "/repo/golden/changes", workspace: "/home/mira/ferry.retake" };
  const typeOwn = async (promote: Promote, own: string) => {
    promote.own = own;
    promote.previewSoon(0);
    await vi.advanceTimersByTimeAsync(10);
  };

  it("writes nothing while a line of the user's own cannot be read, and tells which", async () => {
    const host = incident();
    const promote = new Promote(host, "take:t-1", "When?", filled);
    await typeOwn(promote, "contains:24\n\ntone:calm\nregex:h.*s");
    expect(promote.preview.value?.unreadable.map(({ line, error }) => [line, error.code])).toEqual([[3, "RTK-G006"]]);
    expect(promote.chosen.length).toBe(4);
    expect(promote.obstacle).toBe("Line 3 of your own cannot be read");
    expect(await promote.write()).toBe(false);
    expect(host.calls.some((call) => call.name === "promote" && Reflect.get(Object(call.request), "preview") === false)).toBe(false);
    await typeOwn(promote, "contains:24\n\nregex:h.*s");
    expect([promote.obstacle, promote.chosen.length]).toEqual([null, 4]);
  });

  it("looks at what was typed last before it writes", async () => {
    const host = incident();
    const promote = new Promote(host, "take:t-1", "When?", filled);
    await vi.advanceTimersByTimeAsync(10);
    promote.own = "tone:calm";
    promote.previewSoon(500);
    expect(await promote.write()).toBe(false);
    promote.own = "contains:24";
    promote.previewSoon(500);
    expect(await promote.write()).toBe(true);
    expect(host.calls.findLast((call) => call.name === "promote")?.request).toMatchObject({ asserts: expect.arrayContaining(['{"type":"contains","value":"24"}']) });
  });

  it("writes no case in which nothing counts", async () => {
    const host = incident();
    const spec = '{"type":"latency","ms":9000,"weight":0}';
    const answer = incidentAnswers().promote;
    host.answer("promote", async (request) => {
      if (!answer) throw new Error("no answer");
      return { ...(await answer(request)), assertions: [{ type: "latency", value: 9000, because: null, spec }] };
    });
    const promote = new Promote(host, "take:t-1", "When?", filled);
    await vi.advanceTimersByTimeAsync(10);
    expect([promote.chosen.length, promote.ready, await promote.write()]).toEqual([1, false, false]);
    expect(promote.obstacle).toContain("Nothing that is ticked counts");
  });

  it("keeps what was typed in a sheet that is closed, until it is written or discarded", async () => {
    const app = new App(incident(), () => 0);
    await app.openPromote("span:a", "When?", null);
    app.closePromote();
    expect(app.library.drafts.size).toBe(0);
    await app.openPromote("span:a", "When?", null);
    await vi.advanceTimersByTimeAsync(10);
    const left = app.promote?.chosen[0] ?? "";
    if (app.promote) app.promote.own = "contains:24";
    app.promote?.left.add(left);
    app.closePromote();
    await app.openPromote("span:other", "When?", null);
    expect(app.promote?.own).toBe("");
    app.closePromote();
    await app.openPromote("span:a", "When?", null);
    expect([app.promote?.own, app.promote?.left.has(left), app.promote?.touched]).toEqual(["contains:24", true, true]);
    app.closePromote(true);
    expect(app.library.drafts.size).toBe(0);
  });
});
