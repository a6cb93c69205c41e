import { describe, expect, it } from "vitest";
import { RpcError } from "$platform/types";
import { incident } from "../test/incident";
import { Search } from "./search.svelte";

const settle = () => new Promise((done) => setTimeout(done, 0));

describe("Search", () => {
  it("reads the pages that are looked at, each once", async () => {
    const host = incident(1_000_000);
    const search = new Search(host);
    await search.open("");
    search.ensure(499_950, 500_020);
    search.ensure(499_960, 500_030);
    await settle();
    expect(search.row(500_000)?.trace_id).toContain((500_000).toString(16));
    expect(host.calls.filter((call) => call.name === "search_rows").length).toBe(3);
  });

  it("keeps the rows when the query cannot be read, and says where", async () => {
    const host = incident();
    const search = new Search(host);
    await search.open("ferry");
    host.answer("search_open", () => {
      throw new RpcError("RTK-Q002", "there is no field tennant", "Did you mean tenant?", { start: 0, end: 7 });
    });
    expect(await search.open("tennant:x")).toBe(false);
    expect(search.error?.span).toEqual({ start: 0, end: 7 });
    expect([search.query, search.total, search.row(0) !== undefined]).toEqual(["ferry", 1284, true]);
  });

  it("offers what is new while somebody reads, and shows it at once otherwise", async () => {
    const host = incident(100);
    const search = new Search(host);
    await search.open("");
    host.answer("search_open", () => ({ result_id: 2, total: 112, total_exact: true }));
    await search.refresh(true);
    expect([search.total, search.fresh?.total]).toEqual([100, 112]);
    await search.showFresh();
    expect([search.total, search.fresh]).toEqual([112, null]);
    host.answer("search_open", () => ({ result_id: 3, total: 90, total_exact: true }));
    await search.refresh(true);
    expect(search.total).toBe(90);
  });

  it("drops the answer of a query that was overtaken", async () => {
    const host = incident();
    let release: (() => void) | undefined;
    const slow = new Promise<void>((done) => (release = done));
    host.answer("search_open", async ({ query }) => {
      if (query === "slow") await slow;
      return { result_id: 1, total: query === "slow" ? 1 : 2, total_exact: true };
    });
    const search = new Search(host);
    const first = search.open("slow");
    await search.open("fast");
    release?.();
    await first;
    expect([search.query, search.total]).toEqual(["fast", 2]);
  });

  it("goes to the last row of a million, from nowhere", async () => {
    const search = new Search(incident(1_000_000));
    await search.open("");
    search.moveToEnd(true);
    expect(search.active).toBe(999_999);
    search.move(1);
    expect(search.active).toBe(999_999);
  });

  it("sorts by a field, the other way, and not at all", async () => {
    const search = new Search(incident());
    await search.open("");
    await search.sortBy("latency");
    expect(search.sort).toBe("latency:desc");
    await search.sortBy("latency");
    expect(search.sort).toBe("latency:asc");
    await search.sortBy("latency");
    expect(search.sort).toBeNull();
  });
});
