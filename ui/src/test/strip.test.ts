/// Tabs that have no room: the chosen one is brought into sight, and a menu has them all.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { find, openPage, press, settle, violations, type Page } from "./page";

let page: Page;
let roomFor = 6;
const WIDE = 200;
const shown: string[] = [];

beforeEach(async () => {
  localStorage.clear();
  shown.length = 0;
  page = await openPage();
  vi.spyOn(HTMLElement.prototype, "offsetWidth", "get").mockReturnValue(WIDE);
  vi.spyOn(HTMLElement.prototype, "offsetLeft", "get").mockImplementation(function (this: HTMLElement) {
    return [...(this.parentElement?.children ?? [])].indexOf(this) * WIDE;
  });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => roomFor * WIDE });
  Element.prototype.scrollIntoView = function () {
    shown.push(this.textContent?.trim() ?? "");
  };
});
afterEach(async () => {
  vi.restoreAllMocks();
  Element.prototype.scrollIntoView = () => undefined;
  await page.close();
});

const open = async () => {
  await page.app.openTrace("5f0c9e12a4b7d3e8812f6a9b0c4d7e31");
  await settle();
};
const menu = () => document.querySelector<HTMLElement>('[aria-label="All of: Views of the span"]');

describe("the tabs of a trace", () => {
  it("have no menu while they fit", async () => {
    roomFor = 6;
    await open();
    expect(menu()).toBeNull();
  });

  it("have one where they do not, and bring the chosen one into sight", async () => {
    roomFor = 3;
    await open();
    expect(menu()).not.toBeNull();
    await press("6");
    expect(page.app.trace.tab).toBe("raw");
    expect(shown.at(-1)).toBe("Raw");
    menu()?.focus();
    await press("Enter");
    find('[role="menuitem"]', "Takes").click();
    await settle();
    expect(page.app.trace.tab).toBe("takes");
    expect(shown.at(-1)).toContain("Takes");
    expect(await violations()).toEqual([]);
  });
});
