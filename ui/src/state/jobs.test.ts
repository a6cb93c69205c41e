import { describe, expect, it } from "vitest";
import type { Job } from "$bindings/rpc";
import { amount } from "$lib/format";
import { jobOutcome } from "./jobs.svelte";

const job = (fields: Partial<Job>): Job => ({ job_id: "j", kind: "run", title: "replay, 5 calls", state: "done", started_ns: "1", ended_ns: "2", progress: { done: 5, total: 5, unit: "calls", records: null, rate: null, left_ms: null }, result: { run_id: "r", status: "done" }, ...fields });

describe("a job in the list", () => {
  it("of a run says how the run ended, not that the job did", () => {
    expect(jobOutcome(job({}))).toBe("done");
    expect(jobOutcome(job({ result: { run_id: "r", status: "failed" } }))).toBe("failed");
    expect(jobOutcome(job({ result: { run_id: "r", status: "stopped" } }))).toBe("stopped");
    expect(jobOutcome(job({ state: "failed", result: { error: { code: "RTK-R009", message: "the next call would pass the limit" } } }))).toBe("refused");
    expect(jobOutcome(job({ state: "failed", result: { error: { code: "RTK-P002", message: "429" } } }))).toBe("failed");
    expect(jobOutcome(job({ state: "cancelled" }))).toBe("cancelled");
    expect(jobOutcome(job({ kind: "import", state: "done", result: { status: "odd" } }))).toBe("done");
  });

  it("says how far it came", () => {
    expect([amount(2, "calls", 5), amount(1, "calls"), amount(0, "calls", 1), amount(1_200_000, "bytes", 4_000_000)]).toEqual(["2 of 5 calls", "1 call", "0 of 1 call", "1.2 MB of 4 MB"]);
  });
});
