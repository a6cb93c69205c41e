import { describe, expect, it } from "vitest";
import { isSuspect, lengthOf, oneLine, pieces, positionAt } from "./marks";

const names = (text: string) => pieces(text).flatMap((piece) => (piece.mark === null ? [] : [piece.mark]));

describe("characters that hide or steer", () => {
  it("are shown by name, and the text stays whole", () => {
    const text = "pay \u202e01\u202c now\u200b";
    expect(names(text)).toEqual(["RLO", "PDF", "ZWSP"]);
    expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
  });

  it("tell what tag characters spell", () => {
    expect(names("hi\u{e0041}\u{e0042}")).toEqual(["TAG A", "TAG B"]);
  });

  it("show a terminal's colours as one mark each", () => {
    expect(names("\u001b[31mred\u001b[0m")).toEqual(["ESC[31m", "ESC[0m"]);
    expect(names("\u001b]8;;http://x\u0007link")[0]).toMatch(/^ESC\]8;;http/);
  });

  it("leave emoji and scripts that need joiners alone", () => {
    expect(names("👩‍👩‍👧 क्‍ष می‌خواهم")).toEqual([]);
    expect(names("a\u200db")).toEqual(["ZWJ"]);
  });

  it("leave breaks alone, but not a lone carriage return", () => {
    expect(names("a\tb\nc\r\nd")).toEqual([]);
    expect(names("a\rb")).toEqual(["CR"]);
    expect(isSuspect("plain, with ümläuts, 漢字 and 🎬")).toBe(false);
  });

  it("stay visible in one line", () => {
    expect(oneLine("a\u202eb\n\nc")).toBe("a⟨RLO⟩b c");
    expect(oneLine("\ufeff a\u200b ")).toBe("⟨BOM⟩ a⟨ZWSP⟩");
  });
});

describe("ranges", () => {
  it("count characters, not halves of them", () => {
    const text = "🎬🎬 leak here";
    const cut = pieces(text, [{ start: 3, end: 7, kind: "band", id: "d" }]);
    expect(cut.map((piece) => [piece.text, piece.ranges.length])).toEqual([
      ["🎬🎬 ", 0],
      ["leak", 1],
      [" here", 0],
    ]);
    expect(lengthOf(text)).toBe(12);
    expect(positionAt(text, 3)).toBe(5);
  });

  it("may overlap, and may reach beyond the end", () => {
    const cut = pieces("abcdef", [
      { start: 0, end: 4, kind: "x" },
      { start: 2, end: 99, kind: "y" },
    ]);
    expect(cut.map((piece) => [piece.text, piece.ranges.map((range) => range.kind).join("")])).toEqual([
      ["ab", "x"],
      ["cd", "xy"],
      ["ef", "y"],
    ]);
  });
});
