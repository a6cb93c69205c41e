import { describe, expect, it } from "vitest";
import { MOST_CHARACTERS, readMarkdown, type Block, type Inline } from "./markdown";

const text = (blocks: readonly (Block | Inline)[]): string => JSON.stringify(blocks);

describe("markdown", () => {
  it("becomes headings, lists, tables, code and emphasis", () => {
    expect(readMarkdown("# Refunds\n\n1. **opened** goods\n2. `KB-114`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sql\nselect 1\n```")).toEqual([
      { type: "heading", level: 1, children: [{ type: "text", text: "Refunds" }] },
      {
        type: "list",
        start: 1,
        items: [
          { checked: null, children: [{ type: "paragraph", children: [{ type: "strong", children: [{ type: "text", text: "opened" }] }, { type: "text", text: " goods" }] }] },
          { checked: null, children: [{ type: "paragraph", children: [{ type: "code", text: "KB-114" }] }] },
        ],
      },
      { type: "table", rows: [[[{ type: "text", text: "a" }], [{ type: "text", text: "b" }]], [[{ type: "text", text: "1" }], [{ type: "text", text: "2" }]]] },
      { type: "code", language: "sql", text: "select 1" },
    ]);
  });

  it("keeps ranges of the source on what is shown of them", () => {
    const source = "a **Tick\\*ets** may\n> be 🎬 changed\n\n```text\nxtx\n```\n\n| t | x |\n|---|---|\n| 1 | 2 |\n\nsee www.ferry.example now &lt; later";
    const characters = [...source];
    const at = (words: string) => characters.join("").indexOf(words);
    const range = (from: string, to: string, id: string) => ({ start: [...source.slice(0, at(from))].length, end: [...source.slice(0, at(to) + to.length)].length, kind: "band", id });
    const seen: [string, string][] = [];
    const look = (one: unknown): void => {
      if (Array.isArray(one)) one.forEach(look);
      else if (typeof one === "object" && one !== null) {
        const { text, ranges } = one as { text?: string; ranges?: { start: number; end: number; id: string }[] };
        for (const found of ranges ?? []) seen.push([found.id, [...(text ?? "")].slice(found.start, found.end).join("")]);
        Object.entries(one).forEach(([key, child]) => key !== "ranges" && look(child));
      }
    };
    look(readMarkdown(source, [range("ck\\*", "🎬 ch", "over blocks"), range("tx\n", "tx\n", "code"), range("| 2", "| 2", "cell"), range("ferry", "now", "address"), range("later", "later", "entity")]));
    expect(seen).toEqual([
      ["over blocks", "ck*ets"],
      ["over blocks", " may"],
      ["over blocks", "be 🎬 ch"],
      ["code", "tx"],
      ["cell", "2"],
      ["address", "ferry.example"],
      ["address", " now < later"],
      ["entity", " now < later"],
    ]);
  });

  it("keeps HTML as text, links as addresses and images as descriptions", () => {
    const blocks = readMarkdown("<script>alert(1)</script>\n\nsee <img src=x onerror=alert(1)> [bank](javascript:alert(1)) ![logo](http://tracker.example/p.png)") ?? [];
    expect(blocks[0]).toEqual({ type: "source", text: "<script>alert(1)</script>" });
    expect(blocks[1]).toMatchObject({ children: [{ type: "text" }, { type: "text", text: "<img src=x onerror=alert(1)>" }, { type: "text" }, { type: "link", url: "javascript:alert(1)" }, { type: "text" }, { type: "image", url: "http://tracker.example/p.png", text: "logo" }] });
  });

  it("ends as source where it is too deep, too large or too long, and loses nothing", () => {
    expect(readMarkdown("x".repeat(MOST_CHARACTERS + 1))).toBeNull();
    const deep = readMarkdown(`${"> ".repeat(100)}bottom`);
    expect(text(deep ?? [])).toContain("bottom");
    const many = readMarkdown("*a* ".repeat(2000)) ?? [];
    expect((text(many).match(/a/g) ?? []).length).toBeGreaterThanOrEqual(2000);
  });
});
