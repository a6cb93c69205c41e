/// Matching by the letters that somebody remembers: all of them, in order.

/** Score of a match (higher is better) and the places that matched; `null` when it does not. */
export function fuzzy(needle: string, text: string): { score: number; places: number[] } | null {
  if (!needle) return { score: 0, places: [] };
  const letters = needle.toLowerCase();
  const hay = text.toLowerCase();
  const whole = hay.indexOf(letters);
  if (whole >= 0) {
    const atWord = whole === 0 || !/[\p{L}\p{N}]/u.test(hay[whole - 1] ?? "");
    return { score: 100 - whole + (atWord ? 50 : 0), places: Array.from(letters, (_, i) => whole + i) };
  }
  const places: number[] = [];
  let from = 0;
  let score = 0;
  for (const letter of letters) {
    if (letter === " ") continue;
    const at = hay.indexOf(letter, from);
    if (at < 0) return null;
    const atWord = at === 0 || /[\s._@:/-]/.test(hay[at - 1] ?? "");
    score += at === from && places.length > 0 ? 4 : atWord ? 6 : 1;
    places.push(at);
    from = at + 1;
  }
  return { score: score - text.length / 50, places };
}
