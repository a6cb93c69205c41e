import { describe, expect, it } from "vitest";
import type { Tree, TreeSpan } from "$bindings/rpc";
import { FINDINGS, incident, SPANS } from "../test/incident";
import { Trace } from "./trace.svelte";

const settle = () => new Promise((done) => setTimeout(done, 0));
const ID = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";

async function open(spanId: string | null = null) {
  const host = incident();
  const trace = new Trace(host);
  await trace.open(ID, spanId);
  await settle();
  return { host, trace };
}

describe("Trace", () => {
  it.each([
    ["the root leads to the call that was answered", "0000000000000000", "00000000000000a5"],
    ["a call to itself", "00000000000000a3", "00000000000000a3"],
    ["a retriever to the call after it", "00000000000000a1", "00000000000000a3"],
    ["what comes after all calls to the last", "00000000000000a6", "00000000000000a5"],
  ])("%s", async (_, spanId, callId) => {
    const { trace } = await open(spanId);
    expect(trace.callId).toBe(callId);
  });

  it("reads a tab once for each call, and again only when the data changed", async () => {
    const { host, trace } = await open();
    const asked = () => host.calls.filter((call) => call.name === "span_messages").length;
    trace.show("context");
    trace.show("messages");
    await settle();
    expect(asked()).toBe(1);
    await trace.open(ID, null, true);
    await settle();
    expect(asked()).toBe(2);
  });

  it("goes to what a finding is about", async () => {
    const { trace } = await open();
    trace.stepFinding(1);
    expect([trace.tab, trace.documentId, trace.spanId]).toEqual(["context", "OST-7", FINDINGS[0]?.span_id]);
    trace.stepFinding(1);
    expect([trace.tab, trace.documentId, trace.spanId]).toEqual(["audit", null, FINDINGS[1]?.span_id]);
  });

  it("zooms and pans within the trace", async () => {
    const { trace } = await open();
    trace.moveTime(0.5, 0);
    expect(trace.window.to - trace.window.from).toBeCloseTo(1586.1);
    trace.moveTime(1, -5);
    expect(trace.window.from).toBe(0);
    trace.moveTime(4, 0);
    expect(trace.zoom).toBeNull();
  });

  it("shows the error of a part and keeps the others", async () => {
    const host = incident();
    host.answer("span_audit", () => {
      throw { code: "RTK-S007", message: "the database gave an unexpected error" };
    });
    const trace = new Trace(host);
    await trace.open(ID);
    await settle();
    expect(trace.audit.error?.code).toBe("RTK-S007");
    expect(trace.messages.value?.messages.length).toBeGreaterThan(0);
  });
});

describe("a large trace", () => {
  const wide = (n: number): TreeSpan => ({ ...SPANS[n === 0 ? 0 : 3]!, span_id: `s${n}`, parent_span_id: n === 0 ? null : "s0", start_ns: String(1_000_000 * (n + 1)) });
  const ALL = Array.from({ length: 12_000 }, (_, n) => wide(n));

  function large(spans: (from: number, count: number) => Promise<TreeSpan[]>) {
    const host = incident();
    const rpc = host.rpc.bind(host) as (name: string, request: unknown) => Promise<unknown>;
    host.rpc = (async (name: string, request: { id?: string; from?: number; count?: number; spans?: number }) => {
      if (name === "trace_get") {
        const tree = (await rpc(name, request)) as Tree;
        return { ...tree, summary: { ...tree.summary, n_spans: ALL.length }, start_ns: "1000000", end_ns: "12000000000", spans: ALL.slice(0, request.spans) };
      }
      return name === "trace_spans" ? { spans: await spans(request.from ?? 0, request.count ?? 0) } : rpc(name, request);
    }) as typeof host.rpc;
    return { host, trace: new Trace(host) };
  }

  it("shows its first spans at once, on the axis of all, and the others when they came", async () => {
    let go = (): void => undefined;
    const gate = new Promise<void>((done) => (go = done));
    const { host, trace } = large(async (from, count) => (await gate, ALL.slice(from, from + count)));
    const opened = trace.open(ID);
    await settle();
    expect(trace.partial).toBe(true);
    expect(trace.rows.length).toBe(400);
    expect(trace.extent.ms).toBe(11_999);
    expect(host.calls.some((call) => call.name === "span_messages"), "which call it leads to is not known yet").toBe(false);
    go();
    await opened;
    await settle();
    expect(trace.partial).toBe(false);
    expect(trace.spans.map((span) => span.span_id)).toEqual(ALL.map((span) => span.span_id));
    expect(host.calls.findLast((call) => call.name === "span_messages")?.request).toEqual({ trace_id: ID, span_id: "s11999" });
  });

  it("says so when the others cannot be read, and keeps the first", async () => {
    const { trace } = large(() => Promise.reject({ code: "RTK-S002", message: "the file is gone", hint: "" }));
    await trace.open(ID);
    expect(trace.tree.error?.code).toBe("RTK-S002");
    expect([trace.partial, trace.rows.length]).toEqual([true, 400]);
  });

  it("is forgotten in the middle when another one is opened", async () => {
    let asked = 0;
    const { trace } = large(async (from, count) => {
      asked += 1;
      await settle();
      return ALL.slice(from, from + count);
    });
    const first = trace.open(ID);
    await settle();
    trace.close();
    await first;
    expect([asked, trace.spans.length]).toEqual([1, 0]);
  });
});
