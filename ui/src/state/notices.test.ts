import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Notices } from "./notices.svelte";

const plain = { text: "Copied", kind: "done" as const, action: null };
const offer = { text: "Report written to /home/mira/incident.md", kind: "done" as const, action: { title: "Copy the path", run: () => undefined } };
const failure = { text: "No format claims notes.csv", kind: "failed" as const, action: { title: "Map it", run: () => undefined } };

describe("Notices", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("let a plain line go by itself, but not while it is looked at", () => {
    const notices = new Notices();
    notices.say(plain);
    notices.hold(true);
    vi.advanceTimersByTime(60_000);
    expect(notices.current).toEqual(plain);
    notices.hold(false);
    vi.advanceTimersByTime(60_000);
    expect(notices.current).toBeNull();
  });

  it("stay for as long as it takes to read them and to take what they offer", () => {
    const stays = (notice: typeof plain | typeof offer) => {
      const notices = new Notices();
      notices.say(notice);
      for (let ms = 0; ; ms += 100, vi.advanceTimersByTime(100)) if (notices.current === null) return ms;
    };
    expect(stays(plain)).toBeLessThan(4_000);
    expect(stays({ ...plain, text: offer.text })).toBeGreaterThan(stays(plain));
    expect(stays(offer)).toBeGreaterThan(stays({ ...plain, text: offer.text }));
    expect(stays(offer)).toBeLessThan(15_000);
  });

  it("keep what failed until it is dismissed, also over what is said meanwhile", () => {
    const notices = new Notices();
    notices.say(failure);
    vi.advanceTimersByTime(3_600_000);
    expect(notices.current).toEqual(failure);
    notices.say(plain);
    expect(notices.current).toEqual(plain);
    vi.advanceTimersByTime(60_000);
    expect(notices.current).toEqual(failure);
    notices.say({ ...failure });
    notices.dismiss();
    expect(notices.current).toBeNull();
  });
});
