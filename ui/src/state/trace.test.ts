import { describe, expect, it } from "vitest";
import { FINDINGS, incident } from "../test/incident";
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
