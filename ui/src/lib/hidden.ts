/// Hidden characters in the text editor: each is a mark, as in every other text of others, and stays one character to edit.
import { Decoration, EditorView, MatchDecorator, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { markAt, SUSPECTS } from "./marks";

class Mark extends WidgetType {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override eq(other: Mark): boolean {
    return other.name === this.name;
  }

  override toDOM(): HTMLElement {
    const node = document.createElement("span");
    node.className = "cm-hidden-char";
    node.title = "hidden character";
    node.textContent = this.name;
    return node;
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

const finder = new MatchDecorator({
  regexp: SUSPECTS,
  decoration: (match) => {
    const name = markAt(match.input, match.index);
    return name ? Decoration.replace({ widget: new Mark(name) }) : null;
  },
});

const marks = ViewPlugin.define(
  (view) => ({
    found: finder.createDeco(view),
    update(update: ViewUpdate) {
      this.found = finder.updateDeco(update, this.found);
    },
  }),
  { decorations: ({ found }: { found: DecorationSet }) => found },
);

const look = EditorView.theme({
  // What one line turns around stays within it.
  ".cm-line": { unicodeBidi: "isolate" },
  ".cm-hidden-char": { margin: "0 1px", padding: "0 3px", border: "1px solid var(--warn)", borderRadius: "3px", color: "var(--warn)", font: "500 10px/14px var(--mono)", unicodeBidi: "isolate" },
});

export const hiddenCharacters = [marks, look];
