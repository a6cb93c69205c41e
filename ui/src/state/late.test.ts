import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LateWrites } from "./late";

describe("LateWrites", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("write at most every 300 ms, the last of each name", () => {
    const written: string[] = [];
    const late = new LateWrites();
    for (let key = 0; key < 20; key += 1) {
      late.put("draft", () => void written.push(`draft ${key}`));
      vi.advanceTimersByTime(50);
    }
    expect(written).toEqual(["draft 5", "draft 11", "draft 17"]);
    vi.advanceTimersByTime(300);
    expect(written.at(-1)).toBe("draft 19");
  });

  it("write at once when the page is hidden or goes, and when nobody watches any more", () => {
    const written: string[] = [];
    const late = new LateWrites();
    const stop = late.watch();
    late.put("a", () => void written.push("a"));
    window.dispatchEvent(new Event("pagehide"));
    expect(written).toEqual(["a"]);
    late.put("b", () => void written.push("b"));
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(written).toEqual(["a", "b"]);
    late.put("c", () => void written.push("c"));
    stop();
    expect(written).toEqual(["a", "b", "c"]);
    vi.restoreAllMocks();
  });
});
