import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { incident } from "../test/incident";
import { TimeAxis } from "./axis.svelte";
import { Metrics } from "./metrics.svelte";

const HOUR = 3_600_000;
const key = (name: string, shiftKey = false) => ({ key: name, shiftKey, ctrlKey: false, metaKey: false, altKey: false });

let host = incident();
let metrics = new Metrics(host);
let axis = new TimeAxis(metrics);
beforeEach(async () => {
  vi.useFakeTimers();
  host = incident();
  metrics = new Metrics(host);
  axis = new TimeAxis(metrics);
  await metrics.open("");
});
afterEach(() => vi.useRealTimers());

/** What was last asked for over time. */
const asked = () => host.calls.filter(({ name, request }) => name === "metrics" && "bucket" in (request as object)).at(-1)?.request;

describe("the time axis", () => {
  it("marks buckets by keys and narrows to them", async () => {
    const [first = 0] = metrics.moments;
    expect(axis.press(key("ArrowRight"))).toBe(true);
    expect(axis.at).toBe(first);
    axis.press(key("ArrowRight"));
    axis.press(key("ArrowRight", true));
    axis.press(key("ArrowRight", true));
    expect(axis.brush).toEqual({ from: first + HOUR, to: first + 4 * HOUR });
    axis.press(key("Enter"));
    expect([axis.brush, axis.at]).toEqual([null, null]);
    expect(metrics.query).toBe(`time:${new Date(first + HOUR).toISOString()}..${new Date(first + 4 * HOUR).toISOString()}`);
  });

  it("drops the mark, then the cursor, then leaves Escape to the page", () => {
    axis.press(key("End"));
    axis.press(key("ArrowLeft", true));
    expect(axis.brush).not.toBeNull();
    expect([axis.press(key("Escape")), axis.brush, axis.at === null]).toEqual([true, null, false]);
    expect([axis.press(key("Escape")), axis.at]).toEqual([true, null]);
    expect(axis.press(key("Escape"))).toBe(false);
    for (const other of ["/", "j", "k", "g", "Tab", "Enter"]) expect(axis.press(key(other))).toBe(false);
  });

  it("asks for finer buckets of what is shown, once it rests, and leaves the query alone", async () => {
    const whole = metrics.extent;
    if (!whole) throw new Error("nothing is shown");
    const before = host.calls.length;
    axis.zoom(2);
    axis.zoom(2);
    expect(metrics.view).toEqual({ from: whole.from + 1.875 * HOUR, to: whole.to - 1.875 * HOUR });
    expect(host.calls.length).toBe(before);
    await vi.advanceTimersByTimeAsync(500);
    expect(host.calls.length).toBe(before + 2); // Buckets, and single calls.
    expect(asked()).toMatchObject({ query: "", bucket: "auto", from_ns: `${whole.from + 1.875 * HOUR}000000` });
    expect(metrics.extent).toEqual(whole);
    axis.pan(-10);
    expect(metrics.view?.from).toBe(whole.from);
    axis.look(null);
    await vi.advanceTimersByTimeAsync(500);
    expect([metrics.view, asked()]).toEqual([null, expect.not.objectContaining({ from_ns: expect.anything() })]);
  });

  it("takes what is shown as the query's time, and gives it back", async () => {
    expect(axis.take()).toBe(false);
    axis.zoom(2);
    const { view } = metrics;
    if (!view) throw new Error("nothing is zoomed");
    expect(axis.take()).toBe(true);
    expect(metrics.query).toBe(`time:${new Date(view.from).toISOString()}..${new Date(view.to).toISOString()}`);
    expect(metrics.view).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    axis.look(null);
    expect(metrics.query).toBe("");
  });

  it("never asks for the calls themselves", async () => {
    metrics.fit(10_000);
    await metrics.setBucket("1m");
    expect(asked()).toMatchObject({ bucket: "1m", points: 2000, largest: 6 });
    await metrics.setBucket("auto");
    expect(asked()).toMatchObject({ bucket: "auto", points: 500 });
  });
});
