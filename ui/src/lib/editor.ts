/// The text editor, on CodeMirror 6. It lives in a shadow root: there its styles are sheets made by script, which the content
/// policy allows, instead of `<style>` elements, which it does not.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter, lintKeymap, type Diagnostic } from "@codemirror/lint";
import { getChunks, goToNextChunk, goToPreviousChunk, MergeView, type Chunk } from "@codemirror/merge";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { hiddenCharacters } from "./hidden";

export type Language = "yaml" | "text";

/** Something that is wrong with the text; line and column count from 1. */
export interface Problem {
  line: number;
  column: number;
  message: string;
}

export interface EditorOptions {
  language: Language;
  /** Name for screen readers. */
  label: string;
  value: string;
  /** The text on the other side, when two are shown. */
  original: string | null;
  /** Each change can be taken into the left side or put back, and is stepped to. */
  review: boolean;
  placeholder: string;
  /** Looks at the text a moment after it was changed. */
  check: ((text: string) => Promise<readonly Problem[]>) | null;
  complete: CompletionSource | null;
  onchange: (text: string) => void;
  onsave: () => void;
  /** So many changes are left between the two sides. */
  onchunks: (n: number) => void;
}

/** An editor that stands in the page. */
export interface Editor {
  setValue(text: string): void;
  setOriginal(text: string): void;
  /** Does something with the change that the cursor is in, or the first; `false` when there is none, or one side only. */
  review(what: Review): boolean;
  focus(): void;
  destroy(): void;
}

export type Review = "next" | "previous" | "accept" | "revert";

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--bg-1)", fontSize: "12px" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontFeatureSettings: '"calt" 0, "liga" 0', fontVariantLigatures: "none", lineHeight: "18px", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--select)" },
  ".cm-gutters": { color: "var(--text-3)", backgroundColor: "var(--bg-2)", border: "0", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--bg-2)" },
  ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: "var(--hit)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-tooltip": { color: "var(--text)", backgroundColor: "var(--bg-1)", border: "1px solid var(--line-2)", borderRadius: "4px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--accent-on)", backgroundColor: "var(--accent-fill)" },
  ".cm-panels": { color: "var(--text)", backgroundColor: "var(--bg-2)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": { font: "12px var(--font)", color: "var(--text)", background: "var(--bg-1)", border: "1px solid var(--line-2)", borderRadius: "3px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--error)" },
  ".cm-foldPlaceholder": { color: "var(--text-2)", backgroundColor: "var(--bg-3)", border: "0" },
  "&.cm-merge-b .cm-changedText": { background: "var(--added)" },
  "&.cm-merge-a .cm-changedText": { background: "var(--removed)" },
  "&.cm-merge-a .cm-changedLine, &.cm-merge-b .cm-changedLine": { backgroundColor: "var(--bg-2)" },
});

const words = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--text)" },
    { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--ok)" },
    { tag: [tags.comment, tags.meta], color: "var(--text-3)" },
    { tag: tags.punctuation, color: "var(--text-2)" },
  ]),
);

const LANGUAGES: Record<Language, () => Extension> = { yaml: () => yaml(), text: () => EditorView.lineWrapping };

const PAGE_KEYS = new Set(["Alt-ArrowUp", "Alt-ArrowDown", "Mod-Enter"]);

function extensions(options: EditorOptions, writable: boolean): Extension[] {
  const { check, complete } = options;
  return [
    theme,
    words,
    LANGUAGES[options.language](),
    options.language === "text" ? [] : [lineNumbers(), foldGutter()],
    hiddenCharacters,
    history(),
    drawSelection(),
    indentUnit.of("  "),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    placeholder(options.placeholder),
    EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false" }),
    EditorState.readOnly.of(!writable),
    writable && complete ? autocompletion({ override: [complete] }) : [],
    writable && check
      ? [lintGutter(), linter(async (view) => (await check(view.state.doc.toString())).map((problem) => diagnostic(view.state, problem)), { delay: 250 })]
      : [],
    keymap.of([
      { key: "Mod-s", run: () => (options.onsave(), true) },
      // Tab leaves the editor after Escape, so that the keyboard is never caught. A prompt is prose: there it leaves at once.
      ...(options.review ? [] : [indentWithTab]),
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...lintKeymap,
      // Stepping through changes, and running, belong to the page, which has them on these keys.
      ...defaultKeymap.filter(({ key }) => !options.review || !PAGE_KEYS.has(key ?? "")),
    ]),
    writable ? EditorView.updateListener.of((update) => void (update.docChanged && options.onchange(update.state.doc.toString()))) : [],
  ];
}

function diagnostic(state: EditorState, { line, column, message }: Problem): Diagnostic {
  const at = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
  const from = Math.min(at.from + Math.max(0, column - 1), at.to);
  return { from, to: Math.max(from, at.to), severity: "error", message };
}

/** Puts another text in. What the editor itself told last comes back with each key: to know that one needs no look at the text. */
function replaced(view: EditorView, text: string, told: string | null): void {
  if (text === told) return;
  if (view.state.doc.toString() !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

/** Puts an editor into the shadow root of an element. */
export function openEditor(host: HTMLElement, options: EditorOptions): Editor {
  let last = options.value;
  const { onchange } = options;
  options = { ...options, onchange: (text) => onchange((last = text)) };
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host > div, .cm-mergeView, .cm-mergeViewEditors { height: 100%; } .cm-mergeView { overflow: auto; } .cm-merge-revert { border: solid var(--line); border-width: 0 1px; background: var(--bg-2); } .cm-merge-revert button { color: var(--text-2); } .cm-merge-revert button:hover { color: var(--accent); }");
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const parent = document.createElement("div");
  root.append(parent);
  if (options.original === null) {
    const state = EditorState.create({ doc: options.value, extensions: extensions(options, true) });
    const view = new EditorView({ state, parent, root });
    return { setValue: (text) => replaced(view, text, last), setOriginal: () => undefined, review: () => false, focus: () => view.focus(), destroy: () => (view.destroy(), parent.remove()) };
  }
  const told = EditorView.updateListener.of((update) => {
    const chunks = getChunks(update.state)?.chunks.length ?? 0;
    if (update.docChanged || update.transactions.length > 0) options.onchunks(chunks);
  });
  const merge = new MergeView({
    a: { doc: options.original, extensions: extensions({ ...options, label: `${options.label}, as it was` }, false) },
    b: { doc: options.value, extensions: [...extensions(options, true), told] },
    parent,
    root,
    // Where nothing differs yet, folding would leave nothing to read and to write in.
    ...(options.original === options.value ? {} : { collapseUnchanged: { margin: 3, minSize: 8 } }),
    ...(options.review ? { revertControls: "a-to-b" as const, renderRevertControl: revertControl } : {}),
  });
  options.onchunks(merge.chunks.length);
  return {
    setValue: (text) => replaced(merge.b, text, last),
    setOriginal: (text) => replaced(merge.a, text, null),
    review: (what) => review(merge, what),
    focus: () => merge.b.focus(),
    destroy: () => (merge.destroy(), parent.remove()),
  };
}

/** The button between the sides that puts a change back. */
function revertControl(): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.title = "Put this change back";
  button.ariaLabel = "Put this change back";
  button.tabIndex = -1;
  button.textContent = "→";
  return button;
}

/** The change that the cursor is in, else the first. */
function chunkAt(merge: MergeView): Chunk | undefined {
  const at = merge.b.state.selection.main.head;
  return merge.chunks.find((chunk) => chunk.fromB <= at && at <= chunk.endB) ?? merge.chunks[0];
}

function review(merge: MergeView, what: Review): boolean {
  if (what === "next") return goToNextChunk(merge.b);
  if (what === "previous") return goToPreviousChunk(merge.b);
  const chunk = chunkAt(merge);
  if (!chunk) return false;
  const [from, to] = what === "accept" ? [merge.b, merge.a] : [merge.a, merge.b];
  const [fromAt, fromEnd, toAt, toEnd] = what === "accept" ? [chunk.fromB, chunk.toB, chunk.fromA, chunk.toA] : [chunk.fromA, chunk.toA, chunk.fromB, chunk.toB];
  // A change ends behind its last line break, and a text's last line has none.
  let insert = from.state.sliceDoc(fromAt, Math.max(fromAt, fromEnd - 1));
  if (fromAt !== fromEnd && toEnd <= to.state.doc.length) insert += from.state.lineBreak;
  to.dispatch({ changes: { from: toAt, to: Math.min(toEnd, to.state.doc.length), insert }, userEvent: what });
  return true;
}
