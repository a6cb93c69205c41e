/// What jsdom lacks and the page needs.
import { vi } from "vitest";

vi.stubGlobal(
  "ResizeObserver",
  class {
    observe() {}
    unobserve() {}
    disconnect() {}
  },
);
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.animate ??= () => ({ finished: Promise.resolve(), cancel: () => undefined, addEventListener: () => undefined }) as unknown as Animation;
globalThis.CSS ??= { escape: (text: string) => text } as typeof CSS;
