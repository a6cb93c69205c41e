/// What jsdom lacks and the page needs.
import type { EditorOptions } from "$lib/editor";
import { beforeEach, vi } from "vitest";

vi.stubGlobal(
  "ResizeObserver",
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
);
Element.prototype.scrollIntoView = () => undefined;
Range.prototype.getBoundingClientRect ??= () => new DOMRect();
globalThis.DOMRect ??= class { top = 0; bottom = 0; left = 0; width = 0; height = 0 } as unknown as typeof DOMRect;
Element.prototype.animate ??= () => ({ finished: Promise.resolve(), cancel: () => undefined, addEventListener: () => undefined }) as unknown as Animation;
globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS;

// CodeMirror measures what jsdom does not lay out; the real editor is driven in the real window.
vi.mock("$lib/editor", () => ({
  openEditor(host: HTMLElement, options: EditorOptions) {
    const field = document.createElement("textarea");
    field.setAttribute("aria-label", options.label);
    field.value = options.value;
    field.addEventListener("input", () => options.onchange(field.value));
    host.append(field);
    return { setValue: (text: string) => (field.value = text), setOriginal: () => undefined, review: () => true, focus: () => field.focus(), destroy: () => field.remove() };
  },
}));

// Each test is a window of its own.
beforeEach(() => sessionStorage.clear());
