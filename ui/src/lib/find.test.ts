import { describe, expect, it } from "vitest";
import { placesOf, rangesIn } from "./find";

const words = (text: string, fields = {}) => ({ text, matchCase: false, wholeWord: false, ...fields });

describe("placesOf", () => {
  const text = "Refund the refunds, REFUND_ID; Ärger, ärger";
  it.each([
    ["refund", {}, 3],
    ["refund", { matchCase: true }, 1],
    ["refund", { wholeWord: true }, 1],
    ["ÄRGER", { wholeWord: true }, 2],
    ["", {}, 0],
    [".", {}, 0],
  ])("finds %j %j as the core does", (needle, fields, n) => {
    expect(placesOf(text, words(needle, fields)).length).toBe(n);
  });

  it("keeps places where small letters are longer", () => {
    expect(placesOf("İİ fee", words("FEE"))).toEqual([3]);
  });
});

describe("rangesIn", () => {
  const found = (html: string) => {
    document.body.innerHTML = html;
    const texts = rangesIn(document.body, words("changed")).map((range) => range.toString());
    document.body.innerHTML = "";
    return texts;
  };

  it("finds across nodes, and leaves buttons out", () => {
    expect(found("<p class='selectable'>a change<b>d fare</b>, unch<i></i>anged <button class='link'>changed</button></p>")).toEqual(["changed", "changed"]);
  });

  it("takes the data's texts alone, and each by itself", () => {
    expect(found("<p>changed</p><p class='selectable'>chan</p><p class='selectable'>ged</p><b class='findable'>Changed</b>")).toEqual(["Changed"]);
  });
});
