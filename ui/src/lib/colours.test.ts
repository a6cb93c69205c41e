import { expect, it } from "vitest";
import { colourWord } from "./colours";

it("reads colours as browsers write them", () => {
  const words = ["rgb(16, 32, 48)", "rgba(255, 0, 0, 0.5)", "color(srgb 1 0 0)", "var(--x)"].map((text) => colourWord(text).toString(16));
  expect(words).toEqual(["102030ff", "ff000080", "ff0000ff", "808080ff"]);
});
