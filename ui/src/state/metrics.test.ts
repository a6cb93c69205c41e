import { describe, expect, it } from "vitest";
import { within } from "$lib/query";
import { incident, incidentAnswers } from "../test/incident";
import { TimeAxis } from "./axis.svelte";
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

  it("goes back to the whole time where nothing is, with what is being typed", async () => {
    const host = incident();
    const metrics = new Metrics(host);
    const axis = new TimeAxis(metrics);
    await metrics.open("tenant:a");
    const all = incidentAnswers().metrics;
    host.answer("metrics", (request) => {
      if (!all) throw new Error("no answer");
      return request.query?.includes("time:") ? { ...(all(request) as object), rows: [] } as never : all(request);
    });
    metrics.draft = "tenant:a feature:sup";
    const at = Date.UTC(2026, 10, 19, 9);
    await metrics.narrow(at, at + 3_600_000);
    expect([metrics.moments.length, metrics.hasTime, metrics.draft]).toEqual([0, true, "tenant:a feature:sup"]);
    axis.look(null);
    await new Promise((done) => setTimeout(done, 0));
    expect([metrics.query, metrics.draft, metrics.moments.length > 0]).toEqual(["tenant:a", "tenant:a feature:sup", true]);
    metrics.draft = metrics.query;
    await metrics.open("time:2026-11-19 tenant:a");
    axis.look(null);
    await new Promise((done) => setTimeout(done, 0));
    expect([metrics.query, metrics.draft]).toEqual(["tenant:a", "tenant:a"]);
  });

  it("draws a gap where a number is not known, and zero where nothing was asked", async () => {
    const metrics = new Metrics(incident());
    await metrics.open("");
    const plot = (id: string) => metrics.plots.find((one) => one.id === id)?.series[0]?.points.map((point) => point.value);
    expect(plot("requests")).toEqual([12, 13, 14, 0, 16]);
    expect(plot("cost")).toEqual([362_000, 362_000, null, null, 362_000]);
  });
});
