/// Markdown of others as a tree to render by elements of ours: never as markup. HTML stays text, a link is an address that is
/// shown and copied, an image is its description. Deep and large trees end as source.
import type { Nodes, PhrasingContent, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "break" }
  | { type: "strong" | "emphasis" | "delete"; children: Inline[] }
  | { type: "link"; url: string; children: Inline[] }
  | { type: "image"; url: string; text: string };

export type Block =
  | { type: "paragraph"; children: Inline[] }
  | { type: "heading"; level: number; children: Inline[] }
  | { type: "quote"; children: Block[] }
  | { type: "list"; start: number | null; items: { checked: boolean | null; children: Block[] }[] }
  | { type: "code"; language: string; text: string }
  | { type: "table"; rows: Inline[][][] }
  | { type: "rule" }
  /** What is not rendered, as it stands. */
  | { type: "source"; text: string };

/** Longest text that is rendered: the grammar is not linear for hostile ones. */
export const MOST_CHARACTERS = 16_000;
/** Nodes of a tree, at most; what comes after is source. */
const MOST_NODES = 800;
const DEEPEST = 12;

/** Reads a text; `null` when it is too long, or no parser gets to its end. */
export function readMarkdown(text: string): Block[] | null {
  if (text.length > MOST_CHARACTERS) return null;
  try {
    const root = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
    return new Reader(text).blocks(root.children, 0);
  } catch {
    // Deeper than the parser's stack: its source is what can be shown.
    return null;
  }
}

class Reader {
  readonly #text: string;
  #nodes = 0;

  constructor(text: string) {
    this.#text = text;
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
        out.push({ type: "source", text: this.#text.slice(node.position?.start.offset ?? 0, last.position?.end.offset ?? this.#text.length) });
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
        return { type: "code", language: node.lang ?? "", text: node.value };
      case "table":
        return { type: "table", rows: node.children.map((row) => row.children.map((cell) => this.#inlines(cell.children, depth))) };
      case "thematicBreak":
        return { type: "rule" };
      default:
        return { type: "source", text: this.#source(node) };
    }
  }

  #inlines(nodes: readonly PhrasingContent[], depth: number): Inline[] {
    return nodes.map((node): Inline => {
      this.#nodes += 1;
      if (this.#nodes > MOST_NODES || depth > DEEPEST) return { type: "text", text: this.#source(node) };
      switch (node.type) {
        case "text":
          return { type: "text", text: node.value };
        case "inlineCode":
          return { type: "code", text: node.value };
        case "break":
          return { type: "break" };
        case "strong":
        case "emphasis":
        case "delete":
          return { type: node.type, children: this.#inlines(node.children, depth + 1) };
        case "link":
          return { type: "link", url: node.url, children: this.#inlines(node.children, depth + 1) };
        case "image":
          return { type: "image", url: node.url, text: node.alt ?? "" };
        default:
          return { type: "text", text: this.#source(node) };
      }
    });
  }
}
