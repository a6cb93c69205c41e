/// Words in what is on the page, found as the core finds them, and marked without touching the page's nodes.

/** What is looked for. */
export interface Words {
  text: string;
  matchCase: boolean;
  wholeWord: boolean;
}

/** Small letters, one for one, so that places stay places. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from(text, (letter) => (letter.toLowerCase().length === letter.length ? letter.toLowerCase() : letter)).join("");
}

const OF_WORD = /[\p{Alphabetic}\p{N}_]/u;

/** The positions in the string at which the words begin; they do not overlap. */
export function placesOf(text: string, words: Words): number[] {
  if (!words.text) return [];
  const hay = words.matchCase ? text : folded(text);
  const needle = words.matchCase ? words.text : folded(words.text);
  const out: number[] = [];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) {
    const before = [...hay.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
    const after = [...hay.slice(at + needle.length, at + needle.length + 2)][0] ?? "";
    if (!words.wholeWord || !(OF_WORD.test(before) || OF_WORD.test(after))) out.push(at);
  }
  return out;
}

/**
 * The words as stretches of an element's text, across its nodes. Only text of the data counts: buttons within it say nothing
 * of it, and WebKit marks nothing that cannot be selected.
 */
export function rangesIn(root: Node, words: Words): Range[] {
  const nodes: { node: Text; from: number }[] = [];
  let text = "";
  let holder: Element | null = null;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const held = node.parentElement?.closest(".selectable, .findable") ?? null;
    if (!(node instanceof Text) || !held || node.length === 0 || node.parentElement?.closest("button.link")) continue;
    // What stands beside each other is not one text.
    if (holder !== null && held !== holder) text += "\n";
    holder = held;
    nodes.push({ node, from: text.length });
    text += node.data;
  }
  const point = (position: number) => {
    const at = nodes.findLast(({ from }) => from <= position);
    return at ? { node: at.node, offset: Math.min(position - at.from, at.node.length) } : null;
  };
  return placesOf(text, words).flatMap((at) => {
    const [start, last] = [point(at), point(at + words.text.length - 1)];
    if (!start || !last) return [];
    const range = document.createRange();
    range.setStart(start.node, start.offset);
    range.setEnd(last.node, Math.min(last.node.length, last.offset + 1));
    return [range];
  });
}

/** Marks the stretches; `current` stands out. Nothing takes the marks away. */
export function mark(all: readonly Range[], current: Range | null): void {
  // A selection says it where the engine has no highlights.
  if (!("highlights" in CSS)) {
    const selection = document.getSelection();
    selection?.removeAllRanges();
    if (current) selection?.addRange(current);
    return;
  }
  CSS.highlights.delete("found");
  CSS.highlights.delete("found-now");
  if (all.length > 0) CSS.highlights.set("found", new Highlight(...all));
  if (!current) return;
  const now = new Highlight(current);
  now.priority = 1;
  CSS.highlights.set("found-now", now);
}
