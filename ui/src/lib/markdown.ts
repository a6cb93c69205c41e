/// Markdown of others as a tree to render by elements of ours: never as markup. HTML stays text, a link is an address that is
/// shown and copied, an image is its description. Deep and large trees end as source.
import type { Nodes, PhrasingContent, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { characterAt, lengthOf, positionAt, type Range } from "./marks";

/** What is shown of the text itself, with the ranges of the text that it lies in. */
interface Leaf {
  text: string;
  ranges?: Range[];
}

export type Inline =
  | ({ type: "text" } & Leaf)
  | ({ type: "code" } & Leaf)
  | { type: "break" }
  | { type: "strong" | "emphasis" | "delete"; children: Inline[] }
  | { type: "link"; url: string; children: Inline[] }
  | ({ type: "image"; url: string } & Leaf);

export type Block =
  | { type: "paragraph"; children: Inline[] }
  | { type: "heading"; level: number; children: Inline[] }
  | { type: "quote"; children: Block[] }
  | { type: "list"; start: number | null; items: { checked: boolean | null; children: Block[] }[] }
  | ({ type: "code"; language: string } & Leaf)
  | { type: "table"; rows: Inline[][][] }
  | { type: "rule" }
  /** What is not rendered, as it stands. */
  | ({ type: "source" } & Leaf);

/** Longest text that is rendered: the grammar is not linear for hostile ones. */
export const MOST_CHARACTERS = 16_000;
/** Nodes of a tree, at most; what comes after is source. */
const MOST_NODES = 800;
const DEEPEST = 12;

/** Reads a text; `null` when it is too long, or no parser gets to its end. Ranges of the text are kept on what is shown of them. */
export function readMarkdown(text: string, ranges: readonly Range[] = []): Block[] | null {
  if (text.length > MOST_CHARACTERS) return null;
  try {
    const root = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
    return new Reader(text, ranges).blocks(root.children, 0);
  } catch {
    // Deeper than the parser's stack: its source is what can be shown.
    return null;
  }
}

class Reader {
  readonly #text: string;
  readonly #ranges: { from: number; to: number; range: Range }[];
  #nodes = 0;
  /** Where the last leaf ended. */
  #at = 0;

  constructor(text: string, ranges: readonly Range[]) {
    this.#text = text;
    this.#ranges = ranges.map((range) => ({ from: positionAt(text, range.start), to: positionAt(text, range.end), range }));
  }

  /** A leaf in its ranges. The parser drops marks and escapes: each character of it is found again behind where the last leaf
      ended, and where that fails the whole leaf stands for its source. */
  #leaf(text: string, node: Nodes): Leaf {
    if (this.#ranges.length === 0) return { text };
    const begin = Math.max(this.#at, node.position?.start.offset ?? 0);
    const end = node.position?.end.offset ?? this.#text.length;
    // The line of a fence is no code.
    const fence = node.type === "code" && /^[`~]/.test(this.#text.slice(begin)) ? this.#text.indexOf("\n", begin) + 1 : 0;
    const places = this.#placesOf(text, Math.max(begin, fence), end);
    this.#at = places === null ? (node.position?.end.offset ?? begin) : (places.at(-1) ?? begin - 1) + 1;
    const ranges = this.#ranges.flatMap(({ from, to, range }): Range[] => {
      if (places === null) return from < end && to > begin ? [{ ...range, start: 0, end: lengthOf(text) }] : [];
      const first = places.findIndex((place) => place >= from);
      const last = places.findLastIndex((place) => place < to);
      return first < 0 || last < first ? [] : [{ ...range, start: characterAt(text, first), end: characterAt(text, last + 1) }];
    });
    return ranges.length === 0 ? { text } : { text, ranges };
  }

  /** Where each unit of a text stands in the source; `null` when one does not. */
  #placesOf(text: string, from: number, to: number): number[] | null {
    const out: number[] = [];
    let at = from;
    for (let i = 0; i < text.length; i += 1) {
      const found = this.#text.indexOf(text.charAt(i), at);
      if (found < 0 || found >= to) return null;
      out.push(found);
      at = found + 1;
    }
    return out;
  }

  #source(node: Nodes): string {
    const [from, to] = [node.position?.start.offset ?? 0, node.position?.end.offset ?? 0];
    return this.#text.slice(from, to);
  }

  blocks(nodes: readonly RootContent[], depth: number): Block[] {
    const out: Block[] = [];
    for (const node of nodes) {
      this.#nodes += 1;
      if (this.#nodes > MOST_NODES || depth > DEEPEST) {
        const last = nodes.at(-1) ?? node;
        const position = node.position && last.position && { start: node.position.start, end: last.position.end };
        out.push({ type: "source", ...this.#leaf(this.#text.slice(position?.start.offset ?? 0, position?.end.offset ?? this.#text.length), { type: "root", children: [], position }) });
        return out;
      }
      out.push(this.#block(node, depth));
    }
    return out;
  }

  #block(node: RootContent, depth: number): Block {
    switch (node.type) {
      case "paragraph":
        return { type: "paragraph", children: this.#inlines(node.children, depth) };
      case "heading":
        return { type: "heading", level: node.depth, children: this.#inlines(node.children, depth) };
      case "blockquote":
        return { type: "quote", children: this.blocks(node.children, depth + 1) };
      case "list":
        return { type: "list", start: node.ordered ? (node.start ?? 1) : null, items: node.children.map((item) => ({ checked: item.checked ?? null, children: this.blocks(item.children, depth + 1) })) };
      case "code":
        return { type: "code", language: node.lang ?? "", ...this.#leaf(node.value, node) };
      case "table":
        return { type: "table", rows: node.children.map((row) => row.children.map((cell) => this.#inlines(cell.children, depth))) };
      case "thematicBreak":
        return { type: "rule" };
      default:
        return { type: "source", ...this.#leaf(this.#source(node), node) };
    }
  }

  #inlines(nodes: readonly PhrasingContent[], depth: number): Inline[] {
    return nodes.map((node): Inline => {
      this.#nodes += 1;
      if (this.#nodes > MOST_NODES || depth > DEEPEST) return { type: "text", ...this.#leaf(this.#source(node), node) };
      switch (node.type) {
        case "text":
          return { type: "text", ...this.#leaf(node.value, node) };
        case "inlineCode":
          return { type: "code", ...this.#leaf(node.value, node) };
        case "break":
          return { type: "break" };
        case "strong":
        case "emphasis":
        case "delete":
          return { type: node.type, children: this.#inlines(node.children, depth + 1) };
        case "link":
          return { type: "link", url: node.url, children: this.#inlines(node.children, depth + 1) };
        case "image":
          return { type: "image", url: node.url, ...this.#leaf(node.alt ?? "", node) };
        default:
          return { type: "text", ...this.#leaf(this.#source(node), node) };
      }
    });
  }
}
