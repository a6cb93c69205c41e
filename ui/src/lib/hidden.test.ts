import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { afterEach, describe, expect, it } from "vitest";
import { hiddenCharacters } from "./hidden";

let view: EditorView;
const open = (doc: string) => {
  view = new EditorView({ state: EditorState.create({ doc, extensions: hiddenCharacters }), parent: document.body });
  return view;
};
const marks = () => [...view.dom.querySelectorAll(".cm-hidden-char")].map((node) => node.textContent);
afterEach(() => view.destroy());

describe("hidden characters in an editor", () => {
  it("are marks by their names", () => {
    open("a\u001b[31m b\u202etxt.exe\u202c c\u200bd\n\u2066\u2069\ufeff\u061c\u0007 \u0085\u2060\u{e0041}");
    expect(marks()).toEqual(["ESC", "RLO", "PDF", "ZWSP", "LRI", "PDI", "BOM", "ALM", "BEL", "U+0085", "WJ", "TAG A"]);
    expect(view.dom.querySelector(".cm-line")?.textContent).toBe("aESC[31m bRLOtxt.exePDF cZWSPd");
    expect(view.state.doc.toString()).toContain("\u202e");
  });

  it("are left where a script or a picture needs them", () => {
    open("👩\u200d🚀 می\u200cخواهم\ttab");
    expect(marks()).toEqual([]);
  });

  it("become marks as they are put in, and go with them", () => {
    open("plain");
    view.dispatch({ changes: { from: 2, insert: "\u202e" } });
    expect(marks()).toEqual(["RLO"]);
    view.dispatch({ changes: { from: 2, to: 3 } });
    expect(marks()).toEqual([]);
  });
});
