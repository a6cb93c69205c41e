/// A map of marks in a narrow gutter: places are shares of the whole height, 0 to 1; drawing is in pixels of the gutter.

/** A stretch of a column, in shares of its height. */
export interface Stretch {
  from: number;
  to: number;
}

/** Least height at which a mark is seen. */
const LEAST_PX = 2;

/** Marks as one SVG path of boxes; what would overlap is one box, so that the number of marks does not matter. */
export function pathOf(marks: readonly Stretch[], height: number, x: number, width: number): string {
  const boxes: { top: number; bottom: number }[] = [];
  for (const mark of [...marks].sort((a, b) => a.from - b.from)) {
    const top = Math.min(Math.floor(mark.from * height), Math.max(0, height - LEAST_PX));
    const bottom = Math.max(top + LEAST_PX, Math.ceil(mark.to * height));
    const last = boxes.at(-1);
    if (last && top <= last.bottom) last.bottom = Math.max(last.bottom, bottom);
    else boxes.push({ top, bottom });
  }
  return boxes.map(({ top, bottom }) => `M${x} ${top}h${width}V${bottom}h${-width}z`).join("");
}

/** The part of a column that is seen. */
export function seenOf(node: Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight">): Stretch {
  const whole = Math.max(1, node.scrollHeight);
  return { from: node.scrollTop / whole, to: Math.min(1, (node.scrollTop + node.clientHeight) / whole) };
}
