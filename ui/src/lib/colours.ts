/// Colours of the style sheet as numbers, for what is not drawn by the style sheet.

/** What a plot on a canvas is drawn with, in the order in which it takes them. */
const TOKENS = ["--bg-1", "--line", "--text-3", "--text-3", "--select", "--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6", "--error"] as const;

/** `rgb(…)`, `rgba(…)` or `color(srgb …)` as `0xRRGGBBAA`; grey when it is something else. */
export function colourWord(text: string): number {
  const parts = [...text.matchAll(/[\d.]+(?:e-?\d+)?%?/g)].map(([part]) => Number.parseFloat(part) * (part.endsWith("%") ? 2.55 : 1));
  const scale = text.startsWith("color(") ? 255 : 1;
  const [red, green, blue, alpha = 1] = parts;
  if (!/^(rgba?|color)\(/.test(text) || red === undefined || green === undefined || blue === undefined) return 0x808080ff;
  const byte = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
  return (byte(red * scale) * 0x1000000 + byte(green * scale) * 0x10000 + byte(blue * scale) * 0x100 + byte(alpha * 255)) >>> 0;
}

/** The tokens as they are now. They are pairs for light and dark: only a property that uses one says which it is. */
export function tokenWords(place: HTMLElement): Uint32Array {
  const probe = document.createElement("i");
  place.append(probe);
  const words = TOKENS.map((token) => {
    probe.style.color = `var(${token})`;
    return colourWord(getComputedStyle(probe).color);
  });
  probe.remove();
  return Uint32Array.from(words);
}

/** Calls when the theme changes, by hand or by the system, until the returned function is called. */
export function onTheme(changed: () => void): () => void {
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-contrast"] });
  const system = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
  system?.addEventListener("change", changed);
  return () => {
    watch.disconnect();
    system?.removeEventListener("change", changed);
  };
}
