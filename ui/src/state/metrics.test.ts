import { describe, expect, it } from "vitest";
import { within } from "$lib/query";
import { incident } from "../test/incident";
import { Metrics } from "./metrics.svelte";

describe("metrics", () => {
  it("keeps what is being typed when the data changes", async () => {
    const metrics = new Metrics(incident());
    await metrics.open("tenant:norrline");
    metrics.draft = "tenant:norrline feature:sup";
    await metrics.read();
    expect([metrics.query, metrics.draft]).toEqual(["tenant:norrline", "tenant:norrline feature:sup"]);
  });

  it("replaces the time of a query and keeps the rest", () => {
    const at = Date.UTC(2026, 10, 19, 9);
    expect(within('tenant:a time:2026-11-01 "b c"', at, at + 3_600_000)).toBe('tenant:a "b c" time:2026-11-19T09:00:00.000Z..2026-11-19T10:00:00.000Z');
  });

  it("draws a gap where a number is not known, and zero where nothing was asked", async () => {
    const metrics = new Metrics(incident());
    await metrics.open("");
    const plot = (id: string) => metrics.plots.find((one) => one.id === id)?.series[0]?.points.map((point) => point.value);
    expect(plot("requests")).toEqual([12, 13, 14, 0, 16]);
    expect(plot("cost")).toEqual([362_000, 362_000, null, null, 362_000]);
  });
});
