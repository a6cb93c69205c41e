import { describe, expect, it } from "vitest";
import { hintParts } from "./hint";

describe("a hint", () => {
  it("sets apart what is typed or named, and keeps every other letter", () => {
    expect(hintParts("Run `retake formats`, or `retake --help`.")).toEqual([
      { text: "Run ", literal: false },
      { text: "retake formats", literal: true },
      { text: ", or ", literal: false },
      { text: "retake --help", literal: true },
      { text: ".", literal: false },
    ]);
    expect(hintParts("5` of <b>rain</b>")).toEqual([{ text: "5` of <b>rain</b>", literal: false }]);
    expect(hintParts("")).toEqual([]);
  });
});
