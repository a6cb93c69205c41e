import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Notices } from "./notices.svelte";

const plain = { text: "Copied", kind: "done" as const, action: null };
const offer = { text: "No format claims notes.csv", kind: "failed" as const, action: { title: "Map it", run: () => undefined } };

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

  it("keep what offers something until it is dismissed or something else is said", () => {
    const notices = new Notices();
    notices.say(offer);
    vi.advanceTimersByTime(3_600_000);
    expect(notices.current).toEqual(offer);
    notices.say(plain);
    expect(notices.current).toEqual(plain);
    notices.say(offer);
    notices.dismiss();
    expect(notices.current).toBeNull();
  });
});
