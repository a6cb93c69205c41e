import { describe, expect, it } from "vitest";
import { take } from "../test/incident";
import { goodBefore, ranVariants, supersededIn } from "./takes";

describe("takes of a run", () => {
  it("that were interrupted and sent again do not count, those that finished do", () => {
    const takes = [take("t-1", { status: "interrupted" }), take("t-2", { variant: "C", status: "interrupted" }), take("t-3"), take("t-4", { variant: "D", status: "failed" })];
    expect([...supersededIn(takes)]).toEqual(["t-1"]);
    const again = [take("t-1", { status: "failed" }), take("t-2", { status: "pending" })];
    expect([...supersededIn(again)]).toEqual(["t-1"]);
    expect([...supersededIn([...again.slice(0, 1), take("t-2", { status: "cancelled" })])]).toEqual(["t-2"]);
    expect([...supersededIn([take("t-1", { repeat: 0 }), take("t-2", { repeat: 1 })])]).toEqual([]);
  });

  it("that failed leave the newest good one of their variant in reach", () => {
    const earlier = [take("e-2"), take("e-1"), take("e-0", { variant: "C" })];
    expect(goodBefore([take("t-1", { status: "failed" }), take("t-2", { variant: "C" })], earlier).map((one) => one.take_id)).toEqual(["e-2"]);
    expect(goodBefore([take("t-1", { status: "pending" })], earlier)).toEqual([]);
    expect(goodBefore([take("t-1", { status: "failed" }), take("t-2", { repeat: 1 })], earlier)).toEqual([]);
  });

  it("say what the run's variants were", () => {
    const run = { run_id: "r", status: "done", counts: { done: 1, failed: 0, pending: 0 }, started_ns: "1", spent_usd_nanos: 0, max_usd_nanos: null, destinations: [], votes: [], takes: [take("t-1")] };
    expect(ranVariants(run, ["B", "C"])).toEqual([
      { name: "B", provider: "openai-compatible", model: "gpt-4o-mini" },
      { name: "C", provider: null, model: null },
    ]);
  });
});
