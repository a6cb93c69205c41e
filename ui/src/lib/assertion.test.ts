import { describe, expect, it } from "vitest";
import { sentenceOf } from "./assertion";

describe("the sentence of an assertion", () => {
  it.each([
    ["contains", "24 hours", "the answer must contain “24 hours”"],
    ["not-contains", { any: ["a", "b"] }, 'the answer must not contain any ["a","b"]'],
    ["not-context_holds", "OST-7", "the context must not hold OST-7"],
    ["context_holds", { document: "FAR-12", version: "3", placed: true }, "the context must hold document FAR-12, version 3, placed"],
    ["not-calls_tool", "grant_voucher", "the model must not call grant_voucher"],
    ["latency", 9300, "the answer must come within 9300 ms"],
    ["cost", 0.00063, "the call must cost at most $0.00063"],
    ["not-refuses", null, "the answer must not refuse"],
    ["contains", "a\u202eb", "the answer must contain “a⟨RLO⟩b”"],
  ])("%s of %j", (type, value, sentence) => expect(sentenceOf(type, value)).toBe(sentence));

  it("is left open without a value, and is the name where there is none", () => {
    expect(sentenceOf("not-context_holds")).toBe("the context must not hold …");
    expect(sentenceOf("refuses")).toBe("the answer must refuse");
    expect([sentenceOf("tone"), sentenceOf("tone", "calm")]).toEqual(["tone", "tone calm"]);
  });
});
