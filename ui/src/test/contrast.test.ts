/// Contrast of the tokens, computed: every text on everything that it stands on, in every theme, as WCAG 2.2 asks (4.5:1).
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "..");
const css = readFileSync(join(SRC, "app.css"), "utf8");

type Tokens = Map<string, [light: string, dark: string]>;

/** Colours of a block of the tokens file, light and dark. */
function tokensOf(selector: string): Tokens {
  const block = css.slice(css.indexOf(`${selector} {`)).split("}")[0] ?? "";
  return new Map([...block.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map(([, name = "", light = "", dark = ""]) => [name, [light, dark]]));
}

const first = tokensOf(":root");
const more = new Map([...first, ...tokensOf(':root[data-contrast="more"]')]);
const THEMES: [name: string, tokens: Tokens, side: 0 | 1][] = [
  ["light", first, 0],
  ["dark", first, 1],
  ["high contrast, light", more, 0],
  ["high contrast, dark", more, 1],
];

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** Panes and what rows become under the pointer and the selection: all texts of rows stand on them. */
const SURFACES = ["bg-0", "bg-1", "bg-2", "bg-3", "select", "select-idle"];
const TEXTS = ["text", "text-2", "text-3", "accent", "error", "warn", "ok"];
const PAIRS = [
  ...SURFACES.flatMap((surface) => TEXTS.map((text): [string, string] => [text, surface])),
  ...(
    [
      ["accent-on", "accent-fill"],
      ["accent", "accent-soft"],
      ["text", "accent-soft"],
      ["error", "error-soft"],
      ["warn", "warn-soft"],
      ["ok", "ok-soft"],
      ["text", "warn-soft"],
      ["text-2", "warn-soft"],
      ["text-3", "warn-soft"],
      ["error", "warn-soft"],
      ["text", "error-soft"],
      ["text-3", "error-soft"],
      ["text", "ok-soft"],
      ["added-text", "added"],
      ["removed-text", "removed"],
      ["text", "band"],
      ["text-2", "band"],
      ["text", "hit"],
      ["hit-on", "hit-now"],
      ["text", "bg-4"],
      ["bg-1", "error"],
    ] satisfies [string, string][]
  ),
];

describe.each(THEMES)("%s", (_, tokens, side) => {
  const colour = (name: string) => tokens.get(name)?.[side] ?? "";
  it("has contrast of 4.5 for every text on all that it stands on", () => {
    const weak = PAIRS.map(([text, on]) => [text, on, contrast(colour(text), colour(on))] as const).filter(([, , ratio]) => !(ratio >= 4.5));
    expect(weak.map(([text, on, ratio]) => `${text} on ${on}: ${ratio.toFixed(2)}`)).toEqual([]);
  });

  it("shows the focus at 3 on every pane", () => {
    const weak = SURFACES.filter((surface) => contrast(colour("accent"), colour(surface)) < 3);
    expect(weak).toEqual([]);
  });
});

it("knows its measure", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 1);
});

/** All styles of the page: the tokens' file and those of the components. */
function styles(folder: string): { file: string; text: string }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(svelte|css)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => {
      const text = readFileSync(file, "utf8");
      return { file, text: file.endsWith(".css") ? text : text.slice(text.lastIndexOf("<style>")) };
    });
}

describe("styles", () => {
  it("set text on a ground only in pairs that are measured", () => {
    const known = new Set(PAIRS.map(([text, on]) => `${text} on ${on}`));
    const missing = styles(SRC).flatMap(({ file, text }) =>
      [...text.matchAll(/\{([^{}]*)\}/g)].flatMap(([, rule = ""]) => {
        const on = /(?:^|[\s;])background(?:-color)?:\s*var\(--([\w-]+)\)/.exec(rule)?.[1];
        const words = /(?:^|[\s;])color:\s*var\(--([\w-]+)\)/.exec(rule)?.[1];
        return on && words && !known.has(`${words} on ${on}`) ? [`${words} on ${on} in ${file.slice(SRC.length + 1)}`] : [];
      }),
    );
    expect(missing).toEqual([]);
  });

  it("name colours in the tokens' file and nowhere else", () => {
    const strange = styles(SRC)
      .filter(({ file }) => file.endsWith(".svelte"))
      .flatMap(({ file, text }) => [...text.matchAll(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/gi)].map(([found]) => `${found} in ${file.slice(SRC.length + 1)}`));
    expect(strange).toEqual([]);
  });

  it("has for high contrast every colour that it has at first, or keeps it on purpose", () => {
    const kept = [...first.keys()].filter((name) => !tokensOf(':root[data-contrast="more"]').has(name));
    expect(kept).toEqual(["accent-on", "hit-now", "hit-on", "hatch", "series-1", "series-2", "series-3", "series-4", "series-5", "series-6"]);
  });
});

describe("what can be ticked", () => {
  const box = 'input:is([type="checkbox"], [type="radio"])';
  const rule = (selector: string) => css.slice(css.indexOf(`\n${selector} {`)).split("}")[0] ?? "";

  it("is drawn by the tokens, since engines show an empty box in the dark as a full one", () => {
    expect(rule(box)).toContain("appearance: none");
    expect(rule(box)).toContain("border: 1px solid var(--text-3)");
    expect(rule(box)).toContain("background: var(--bg-1)");
    expect(rule(`${box}:checked`)).toContain("background: var(--accent-fill)");
  });

  it("has a border in the colour of text in more contrast, ticked or not", () => {
    expect(rule(`:root[data-contrast="more"] ${box}:enabled`)).toMatch(/border: 1\.5px solid var\(--text\)/);
  });
});
