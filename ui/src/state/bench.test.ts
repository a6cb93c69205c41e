import { describe, expect, it } from "vitest";
import { incident, ORIGINAL, take } from "../test/incident";
import { Bench } from "./bench.svelte";
import { TakeStream } from "./take.svelte";
import { differences, emptyVariant, nameOf, specOf, variantInput } from "./variant";

const TARGET = { traceId: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31", spanId: "00000000000000a5", question: "When?" };

describe("a variant", () => {
  it("is the original when nothing was changed", () => {
    expect(specOf(emptyVariant(1))).toBe("original");
    expect(differences(emptyVariant(1))).toEqual([]);
  });

  it("is written as the command line takes it", () => {
    const variant = { ...emptyVariant(1), provider: "openai-compatible", baseUrl: "http://127.0.0.1:8080/v1", temperature: "0.2", prompt: "my prompt@2", drop: ["KB-1", "KB-2"] };
    expect(specOf(variant)).toBe("provider=openai-compatible,base-url=http://127.0.0.1:8080/v1,prompt='my prompt@2',temperature=0.2,drop-doc=KB-1,drop-doc=KB-2");
  });

  it("goes through a connection when one is chosen", () => {
    expect(specOf({ ...emptyVariant(1), connection: "local", provider: "openai", model: "m" })).toBe("connection=local,model=m");
  });

  it("carries edited messages beside the words", () => {
    expect(variantInput({ ...emptyVariant(1), messages: { 0: "Be brief." } }, "B")).toEqual({ name: "B 1 message edited", spec: "original", messages: [{ index: 0, text: "Be brief." }], params: {} });
  });
});

describe("TakeStream", () => {
  it("reads on from where it was, and closes gaps by itself", async () => {
    const host = incident();
    const all = ["It ", "is ", "free."].map((text, seq) => ({ seq, at_ms: seq * 100 + 50, kind: "text", index: 0, text }));
    let written = 1;
    host.answer("take_chunks", ({ seen }) => {
      const chunks = all.slice(seen === null || seen === undefined ? 0 : seen + 1, written);
      return { chunks, last_seq: chunks.at(-1)?.seq ?? seen ?? null, status: written > 3 ? "done" : "pending" };
    });
    const stream = new TakeStream(host, "t-1");
    await stream.more();
    expect([stream.text, stream.firstMs]).toEqual(["It ", 50]);
    written = 3;
    await stream.more();
    expect(stream.text).toBe("It is free.");
    written = 4;
    await stream.more();
    expect([stream.text, stream.live, stream.take?.status]).toEqual(["It is free.", false, "done"]);
    const seen = host.calls.flatMap((call) => (call.name === "take_chunks" ? [Reflect.get(Object(call.request), "seen")] : []));
    expect(seen).toEqual([null, 0, 0, 2, 2]);
  });

  it("covers a push that comes while it reads", async () => {
    const host = incident();
    let reads = 0;
    host.answer("take_chunks", () => {
      reads += 1;
      return { chunks: [], last_seq: null, status: "pending" };
    });
    const stream = new TakeStream(host, "t-1");
    await Promise.all([stream.more(), stream.more(), stream.more()]);
    expect(reads).toBe(2);
  });
});

describe("Bench", () => {
  it("asks about a destination once: what was sent to is not new any more", async () => {
    const bench = new Bench(incident());
    await bench.open([TARGET]);
    await bench.estimate.read(async () => ({ calls: 1, input_tokens: 1, output_tokens: 1, cost_usd_nanos: 1, destinations: ["127.0.0.1:8080"], new_destinations: ["127.0.0.1:8080"], unpriced: [], losses: [], fidelity: "exact", sentence: "1 call" }));
    bench.allowed.add("127.0.0.1:8080");
    expect(bench.asked).toEqual(["127.0.0.1:8080"]);
    await bench.start();
    expect([bench.asked, bench.unconfirmed, bench.obstacle]).toEqual([[], [], null]);
  });

  it("sends a failed variant again by itself, and keeps the good takes of the others and of before", async () => {
    const host = incident();
    const bench = new Bench(host);
    await bench.open([TARGET]);
    bench.edit(0, { name: "B" });
    bench.add();
    bench.edit(1, { name: "C" });
    await bench.estimate.read(async () => ({ calls: 2, input_tokens: 1, output_tokens: 1, cost_usd_nanos: 1, destinations: [], new_destinations: [], unpriced: [], losses: [], fidelity: "exact", sentence: "2 calls" }));
    await bench.start();
    const failed = bench.columns.find((column) => column.take?.status === "failed")?.take;
    expect(failed?.variant).toBe("C");
    const runs = { 2: [take("u-1", { run_id: "run-2", variant: "C" })], 3: [take("v-1", { run_id: "run-3", variant: "B" }), take("v-2", { run_id: "run-3", variant: "C", status: "failed" })] };
    const answer = (n: 2 | 3) => {
      host.answer("replay_start", () => ({ run_id: `run-${n}`, job_id: "j" }));
      host.answer("run_get", () => ({ run_id: `run-${n}`, status: "done", counts: { done: 1, failed: 0, pending: 0 }, started_ns: "1", spent_usd_nanos: 0, max_usd_nanos: null, destinations: [], votes: [], takes: runs[n] }));
      host.answer("take_get", ({ id }) => runs[n].find((one) => one.take_id === id) ?? take(id));
    };
    answer(2);
    await bench.retry(failed ?? take("none"));
    const sent = host.calls.filter((call) => call.name === "replay_start").at(-1)?.request;
    expect(Reflect.get(Object(sent), "variants")).toMatchObject([{ name: "C" }]);
    expect(bench.columns.map((column) => column.key)).toEqual(["original", "u-1", "t-1"]);
    answer(3);
    await bench.start();
    // C failed now: the good one stays in reach, and says what it is.
    expect(bench.columns.map((column) => [column.key, column.note])).toEqual([["original", undefined], ["v-1", undefined], ["v-2", undefined], ["u-1", "earlier"]]);
  });

  it("keeps the way to try again when the variant was changed, and says what it would use", async () => {
    const host = incident();
    const bench = new Bench(host);
    await bench.open([TARGET]);
    bench.edit(0, { name: "C" });
    const plan = { calls: 1, input_tokens: 1, output_tokens: 1, cost_usd_nanos: 1, destinations: [], new_destinations: [], unpriced: [], losses: [], fidelity: "exact", sentence: "1 call" };
    await bench.estimate.read(async () => plan);
    await bench.start();
    const failed = bench.columns.find((column) => column.take?.status === "failed")?.take ?? take("none");
    expect(bench.retryOf(failed)).toEqual({ name: "C", words: "as recorded", obstacle: null });
    bench.edit(0, { name: "", connection: "local", model: "small" });
    expect(bench.retryOf(failed)).toEqual({ name: "B local, small", words: "with local, small", obstacle: "The plan is being made." });
    await bench.retry(failed);
    expect(host.calls.filter((call) => call.name === "replay_start").length).toBe(1);
    await bench.estimate.read(async () => plan);
    await bench.retry(failed);
    const sent = host.calls.findLast((call) => call.name === "replay_start")?.request;
    expect(Reflect.get(Object(sent), "variants")).toMatchObject([{ name: "B local, small", spec: "connection=local,model=small" }]);
  });

  it("sends a failed take of an opened run again within that run, and all of them", async () => {
    const host = incident();
    const bench = new Bench(host);
    await bench.openRun("run-1");
    host.answer("run_resume", () => ({ run_id: "run-1", job_id: "j" }));
    const failed = bench.columns.find((column) => column.take?.status === "failed")?.take;
    expect(failed && bench.retryOf(failed)).toEqual({ name: null, words: "as it was sent", obstacle: null });
    await bench.retry(failed ?? take("none"));
    await bench.resume({ failed: true });
    const sent = host.calls.filter((call) => call.name === "run_resume").map((call) => call.request);
    expect(sent).toEqual([{ id: "run-1", take_id: failed?.take_id }, { id: "run-1", failed: true }]);
  });

  it("shows a run that was opened with its own variants, until one begins others", async () => {
    const bench = new Bench(incident());
    await bench.openRun("run-1");
    expect([bench.drafting, bench.ran.map((variant) => variant.name)]).toEqual([false, ["B", "C"]]);
    bench.takeVariants([emptyVariant(1)]);
    expect(bench.drafting).toBe(false);
    bench.add();
    expect([bench.drafting, bench.variants.length]).toEqual([true, 1]);
  });

  it("plans, asks for the new destination, runs, and compares with the recorded answer", async () => {
    const host = incident();
    const bench = new Bench(host);
    await bench.open([TARGET]);
    await bench.estimate.read(() => host.rpc("replay_estimate", { variants: [] }));
    expect(bench.obstacle).toContain("127.0.0.1:8080");
    bench.allowed.add("127.0.0.1:8080");
    expect(bench.obstacle).toBeNull();
    await bench.start();
    expect(bench.columns.map((column) => column.title)).toEqual(["A recorded", "B", "C"]);
    const started = host.calls.find((call) => call.name === "replay_start")?.request;
    expect(started).toMatchObject({ ids: ["span:00000000000000a5"], allow_destinations: ["127.0.0.1:8080"], max_usd: null });
    const compared = host.calls.find((call) => call.name === "compare")?.request;
    expect(compared).toMatchObject({ takes: [ORIGINAL.take_id, "t-1"] });
  });

  it("names a variant by what it changes, unless it has a name", () => {
    const variant = { ...emptyVariant(1), connection: "gw", drop: ["KB-114"] };
    expect(nameOf(variant, "C")).toBe("C gw, without KB-114");
    expect(nameOf({ ...variant, name: " mine " }, "C")).toBe("mine");
    expect(nameOf({ ...variant, drop: ["x".repeat(300)] }, "C")).toHaveLength(80);
  });

  it("calls the first variant of a pasted request A, since nothing was recorded", async () => {
    const host = incident();
    const bench = new Bench(host);
    await bench.openRequest('{"model":"small","messages":[]}');
    bench.add();
    expect([bench.letterOf(0), bench.letterOf(1)]).toEqual(["A", "B"]);
    await bench.start();
    const started = host.calls.find((call) => call.name === "replay_start")?.request;
    expect(started).toMatchObject({ ids: [], variants: [{ name: "A as recorded" }, { name: "B as recorded" }] });
  });

  it("asks anew when the destination or the model changes", async () => {
    const host = incident();
    const bench = new Bench(host);
    await bench.open([TARGET]);
    await bench.estimate.read(() => host.rpc("replay_estimate", { variants: [] }));
    bench.edit(0, { temperature: "0" });
    expect(bench.asked).toEqual(["127.0.0.1:8080"]);
    bench.edit(0, { baseUrl: "http://10.0.0.7/v1" });
    expect([bench.asked, bench.obstacle]).toEqual([[], "The plan is being made."]);
  });

  it("waits for a run that is not on disk yet", async () => {
    const host = incident();
    const written = await host.rpc("run_get", { id: "run-1" });
    let asked = 0;
    host.answer("run_get", () => {
      asked += 1;
      if (asked < 3) throw { code: "RTK-S010", message: "nothing has the id" };
      return written;
    });
    const bench = new Bench(host);
    await bench.open([TARGET]);
    await bench.start();
    expect([bench.run.value?.run_id, bench.run.error, bench.startError]).toEqual(["run-1", null, null]);
  });

  it("sets recorded answers of several calls side by side", async () => {
    const host = incident();
    const bench = new Bench(host);
    await bench.openRecorded([TARGET, { ...TARGET, traceId: "other", question: "And with a dog?" }]);
    expect(bench.columns.map((column) => column.title)).toEqual(["A recorded", "And with a dog?"]);
    expect(bench.sides.comparison.value).not.toBeNull();
  });

  it("clones the selected card and keeps at least one", async () => {
    const bench = new Bench(incident());
    await bench.open([TARGET]);
    bench.edit(0, { model: "small" });
    bench.add();
    expect(bench.variants.map((variant) => variant.model)).toEqual(["small", "small"]);
    bench.remove(0);
    bench.remove(0);
    expect(bench.variants.length).toBe(1);
  });

  it("keeps what was typed when the same call is opened again", async () => {
    const bench = new Bench(incident());
    await bench.open([TARGET]);
    bench.edit(0, { model: "small" });
    await bench.open([TARGET]);
    expect(bench.variants[0]?.model).toBe("small");
    await bench.open([{ ...TARGET, spanId: "other" }]);
    expect(bench.variants[0]?.model).toBe("");
  });

  it("says why a run could not start", async () => {
    const host = incident();
    host.answer("replay_start", () => {
      throw { code: "RTK-R007", message: "the run would spend without a limit", hint: "Set one." };
    });
    const bench = new Bench(host);
    await bench.open([TARGET]);
    await bench.start();
    expect(bench.startError?.code).toBe("RTK-R007");
    expect(bench.run.value).toBeNull();
    expect(take("x").status).toBe("done");
  });
});
