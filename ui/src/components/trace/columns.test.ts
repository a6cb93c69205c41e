import { describe, expect, it } from "vitest";
import { COLUMN_INFO, fitting } from "./columns";

const ALL = ["time", "tenant", "question", "flags", "tokens", "cost", "latency"] as const;

describe("columns of the list", () => {
  it("give the question room before the measures have any", () => {
    // Beside an opened trace in a window of 1920 pixels, and of 1280.
    expect(fitting(ALL, 656)).toEqual(["time", "tenant", "question", "flags", "latency"]);
    expect(fitting(ALL, 381)).toEqual(["time", "question", "flags"]);
    for (const width of [420, 520, 656, 780, 900, 1200]) {
      const left = fitting(ALL, width).filter((column) => column !== "question");
      const question = width - 34 - left.reduce((sum, column) => sum + COLUMN_INFO[column].least, 0);
      expect(question >= 300 || left.every((column) => column === "time" || column === "flags")).toBe(true);
    }
  });

  it("all stand where there is room for all", () => {
    expect(fitting(ALL, 1100)).toEqual(ALL);
    expect(fitting(ALL, 0)).toEqual(ALL);
  });
});
