import { describe, expect, it } from "vitest";
import { fuzzy } from "./fuzzy";
import { jsonRows, parseJson } from "./json";
import { keyOf, KeySequence } from "./keys";
import { hasTerm, split, toggleTerm } from "./query";

const press = (key: string, fields: Partial<Parameters<typeof keyOf>[0]> = {}) => keyOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...fields });

describe("keys", () => {
  it("are written in one way", () => {
    expect(press("k", { ctrlKey: true })).toBe("Ctrl+K");
    expect(press("Unidentified", { code: "Tab", ctrlKey: true, shiftKey: true })).toBe("Ctrl+Shift+Tab");
    expect(press("P", { shiftKey: true })).toBe("Shift+P");
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("ArrowLeft", { altKey: true })).toBe("Alt+Left");
    expect(press("x")).toBe("x");
    expect(press("Shift", { shiftKey: true })).toBeNull();
  });

  it("follow one another within a second", () => {
    const sequence = new KeySequence();
    expect(sequence.press("g", 0)).toEqual(["g"]);
    expect(sequence.press("t", 400)).toEqual(["g t", "t"]);
    expect(sequence.press("t", 3000)).toEqual(["t"]);
  });
});

describe("terms of a query", () => {
  it("are added, turned around and taken back", () => {
    const once = toggleTerm("refund", "tenant", "acme");
    expect(once).toBe("refund tenant:acme");
    expect(toggleTerm(once, "tenant", "acme", true)).toBe("refund -tenant:acme");
    expect(toggleTerm(once, "tenant", "acme")).toBe("refund");
  });

  it("are quoted where they must be", () => {
    expect(toggleTerm("", "model", "gpt 4 (beta)")).toBe('model:"gpt 4 (beta)"');
    expect(toggleTerm("", "user", "-x")).toBe('user:"-x"');
    expect(hasTerm('model:"gpt 4 (beta)" x', "model", "gpt 4 (beta)")).toBe(true);
  });

  it("are split outside of quotes and parentheses", () => {
    expect(split('a "b c" span(d e) -f:"g\\" h"')).toEqual(["a", '"b c"', "span(d e)", '-f:"g\\" h"']);
  });
});

describe("fuzzy", () => {
  it("finds letters in order and prefers words", () => {
    expect(fuzzy("gold", "Go to Golden sets")?.places[0]).toBe(6);
    expect(fuzzy("gts", "Go to Settings")).not.toBeNull();
    expect(fuzzy("zq", "Go to Golden sets")).toBeNull();
    expect((fuzzy("run", "Runs")?.score ?? 0) > (fuzzy("run", "Return now")?.score ?? 0)).toBe(true);
  });
});

describe("JSON as rows", () => {
  it("opens to a depth and folds by path", () => {
    const value = { a: [1, { b: null }], "c/d": "x" };
    const all = jsonRows(value, () => true);
    expect(all.map((row) => row.path)).toEqual(["", "/a", "/a/0", "/a/1", "/a/1/b", "/c~1d"]);
    const folded = jsonRows(value, (path) => path !== "/a");
    expect(folded.map((row) => row.path)).toEqual(["", "/a", "/c~1d"]);
    expect(folded[1]).toMatchObject({ kind: "array", size: 2, open: false });
  });

  it("survives a value that is deeper than any screen", () => {
    let deep: unknown = "end";
    for (let i = 0; i < 1000; i += 1) deep = [deep];
    const rows = jsonRows(deep, () => true);
    expect(rows.at(-1)).toMatchObject({ kind: "array", open: false });
    expect(rows.length).toBeLessThan(300);
  });

  it("takes only objects and arrays for JSON", () => {
    expect(parseJson('{"a":1}')).toEqual({ a: 1 });
    expect(parseJson("12")).toBeNull();
    expect(parseJson("[not json")).toBeNull();
    expect(parseJson(null)).toBeNull();
  });
});
