/// Text of others, made safe to look at: characters that hide, reorder or steer are shown as marks, and ranges given in
/// characters (Unicode scalar values) are cut out so that they can be coloured. Nothing here makes markup.

/** A stretch of text; offsets are in characters. */
export interface Range {
  start: number;
  end: number;
  /** Class that the stretch gets. */
  kind: string;
  /** What it is about, for selection. */
  id?: string | null;
}

/** A piece to render: plain text, or one mark. */
export interface Piece {
  text: string;
  /** Name of a hidden character, when this is one. */
  mark: string | null;
  ranges: Range[];
}

const NAMES: Record<number, string> = {
  0x061c: "ALM",
  0x00ad: "SHY",
  0x180e: "MVS",
  0x200b: "ZWSP",
  0x200c: "ZWNJ",
  0x200d: "ZWJ",
  0x200e: "LRM",
  0x200f: "RLM",
  0x202a: "LRE",
  0x202b: "RLE",
  0x202c: "PDF",
  0x202d: "LRO",
  0x202e: "RLO",
  0x2060: "WJ",
  0x2061: "FA",
  0x2062: "IT",
  0x2063: "IS",
  0x2064: "IP",
  0x2066: "LRI",
  0x2067: "RLI",
  0x2068: "FSI",
  0x2069: "PDI",
  0xfeff: "BOM",
  0xfff9: "IAA",
  0xfffa: "IAS",
  0xfffb: "IAT",
  0x7f: "DEL",
};

const C0 = "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(" ");
const JOINED = /\p{Extended_Pictographic}|[\ufe0f\u{1f3fb}-\u{1f3ff}]/u;
// Scripts that need the joiners for their letters.
const JOINING = /\p{Script=Arabic}|\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Tamil}|\p{Script=Telugu}|\p{Script=Kannada}|\p{Script=Malayalam}|\p{Script=Sinhala}|\p{Script=Mongolian}/u;
// Written with escapes: the characters themselves would not be seen here either.
const SUSPECT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e01ef}]/u;
const ANSI = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,200}(?:\u0007|\u001b\\)|[@-_])/;

/** Name of the character if it must be shown as a mark. */
function nameOf(code: number, before: string, after: string): string | null {
  if (code === 0x09 || code === 0x0a) return null;
  if (code === 0x0d) return after === "\n" ? "" : "CR";
  if (code < 0x20) return C0[code] ?? null;
  if (code >= 0x80 && code < 0xa0) return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code === 0x200d && (JOINED.test(before) || JOINING.test(before))) return null;
  if (code === 0x200c && JOINING.test(before) && JOINING.test(after)) return null;
  // Tag characters spell hidden ASCII: say which.
  if (code >= 0xe0020 && code < 0xe007f) return `TAG ${String.fromCharCode(code - 0xe0000)}`;
  if (code >= 0xe0000 && code <= 0xe01ef) return `U+${code.toString(16).toUpperCase()}`;
  return NAMES[code] ?? null;
}

/** Whether the text holds anything that would be shown as a mark. */
export function isSuspect(text: string): boolean {
  return SUSPECT.test(text);
}

/** Each character that may be one. */
export const SUSPECTS = new RegExp(SUSPECT.source, "gu");

/** Name of the character at a position if it must be shown as a mark. */
export function markAt(text: string, position: number): string | null {
  const code = text.codePointAt(position) ?? 0;
  const before = [...text.slice(Math.max(0, position - 2), position)].at(-1) ?? "";
  const next = position + (code > 0xffff ? 2 : 1);
  const after = [...text.slice(next, next + 2)][0] ?? "";
  return nameOf(code, before, after) || null;
}

/** Number of characters, as the core counts them. */
export function lengthOf(text: string): number {
  let n = text.length;
  for (let i = 0; i < text.length - 1; i += 1) if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) n -= 1;
  return n;
}

const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

/** Turns character offsets (ascending) into positions in the string. */
function positions(text: string, offsets: number[]): number[] {
  const out: number[] = [];
  let at = 0;
  let character = 0;
  for (const offset of offsets) {
    while (character < offset && at < text.length) {
      at += isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1)) ? 2 : 1;
      character += 1;
    }
    out.push(at);
  }
  return out;
}

/** The character offset of a position in the string. */
export function characterAt(text: string, position: number): number {
  return lengthOf(text.slice(0, position));
}

/** The position in the string of a character offset. */
export function positionAt(text: string, offset: number): number {
  return positions(text, [offset])[0] ?? text.length;
}

/** Cuts a text at its ranges and marks. Joined, the pieces are the text (a mark's `text` is what it stands for). A range
    without length is a piece without text. */
export function pieces(text: string, ranges: readonly Range[] = []): Piece[] {
  const cut = [...new Set(ranges.flatMap((range) => [Math.max(0, range.start), Math.max(0, range.end)]))].sort((a, b) => a - b);
  const at = positions(text, cut);
  const edges = [0, ...at, text.length];
  const starts = [0, ...cut];
  const out: Piece[] = [];
  for (let i = 0; i < edges.length - 1; i += 1) {
    const from = edges[i] ?? 0;
    const to = edges[i + 1] ?? text.length;
    const start = starts[i] ?? 0;
    const points = ranges.filter((range) => range.start === start && range.end === start);
    if (i > 0 && points.length > 0) out.push({ text: "", mark: null, ranges: points });
    if (from >= to) continue;
    const inside = ranges.filter((range) => range.start <= start && range.end > start);
    pushMarked(out, text.slice(from, to), inside);
  }
  return out;
}

function pushMarked(out: Piece[], text: string, ranges: Range[]): void {
  if (!SUSPECT.test(text)) {
    out.push({ text, mark: null, ranges });
    return;
  }
  let plain = "";
  const flush = () => {
    if (plain) out.push({ text: plain, mark: null, ranges });
    plain = "";
  };
  const characters = [...text];
  let position = 0;
  for (let i = 0; i < characters.length; i += 1) {
    const character = characters[i] ?? "";
    const ansi = character === "\u001b" ? ANSI.exec(text.slice(position, position + 256))?.[0] : undefined;
    if (ansi) {
      flush();
      out.push({ text: ansi, mark: `ESC${ansi.slice(1, 24)}`, ranges });
      i += ansi.length - 1;
      position += ansi.length;
      continue;
    }
    const name = nameOf(character.codePointAt(0) ?? 0, characters[i - 1] ?? "", characters[i + 1] ?? "");
    if (name === null) plain += character;
    else {
      flush();
      if (name) out.push({ text: character, mark: name, ranges });
    }
    position += character.length;
  }
  flush();
}

/** One line for a list: breaks become spaces, marks their names (for a script `\ufeff` is a space too, and here it is a mark). */
export function oneLine(text: string, limit = 240): string {
  const cut = text.length > limit * 2 ? text.slice(0, limit * 2) : text;
  const line = cut.replace(/[^\S\ufeff]+/gu, " ").replace(/^ | $/gu, "");
  if (!SUSPECT.test(line)) return line.slice(0, limit);
  return pieces(line)
    .map((piece) => (piece.mark === null ? piece.text : `⟨${piece.mark}⟩`))
    .join("")
    .slice(0, limit);
}
