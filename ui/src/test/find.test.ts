/// Find in trace as a person uses it: the field, the steps, and that the place is on screen and marked.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { find, openPage, press, settle, violations, type Page } from "./page";

const TRACE = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
let page: Page;

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
  await page.app.openTrace(TRACE);
  await settle();
});
afterEach(() => page.close());

async function look(text: string) {
  await press("Ctrl+f");
  const field = find('[aria-label="Find in trace"]') as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => setTimeout(done, 200));
  await settle();
}
const told = () => find(".find [role='status']").textContent?.trim();
/** jsdom has no highlights: the place is selected instead. */
const marked = () => {
  const selection = document.getSelection();
  const at = selection?.anchorNode?.parentElement;
  return { text: selection?.toString(), in: at?.closest("[data-find]")?.getAttribute("data-find"), path: at?.closest("[data-path]")?.getAttribute("data-path") };
};

describe("find in trace", () => {
  it("says which of how many, and goes round", async () => {
    await look("VOUCHER");
    expect(told()).toBe("1 of 3");
    expect([page.app.trace.spanId, marked().text]).toEqual(["00000000000000a4", "voucher"]);
    await press("Enter");
    expect([told(), page.app.trace.tab, marked()]).toEqual(["2 of 3", "messages", { text: "voucher", in: "output", path: "/voucher" }]);
    await press("Enter");
    expect([told(), page.app.trace.spanId, marked().in]).toEqual(["3 of 3", "00000000000000a5", "message 9 0"]);
    await press("Enter");
    expect(told()).toBe("1 of 3");
    await press("Shift+Enter");
    expect([told(), document.activeElement?.getAttribute("aria-label")]).toEqual(["3 of 3", "Find in trace"]);
    expect(await violations()).toEqual([]);
  });

  it("opens carried history, and the members of a tree", async () => {
    await look("Earlier turn 3");
    expect([told(), marked()]).toEqual(["1 of 1", { text: "Earlier turn 3", in: "message 3 0", path: undefined }]);
    await look("norrline");
    await press("Enter");
    expect(marked()).toEqual({ text: "norrline", in: "message 8 0", path: "/owner/tenant" });
  });

  it("shows a document in its passage and an attribute in the records", async () => {
    await look("Hafen Ost");
    expect([page.app.trace.tab, page.app.trace.documentId, marked()]).toEqual(["context", "OST-7", { text: "Hafen Ost", in: "document", path: undefined }]);
    await look("member");
    expect(marked()).toEqual({ text: "member", in: "attributes", path: "/user.role" });
  });

  it("tells capitals apart and whole words when asked to", async () => {
    await look("Ticket");
    const all = told();
    find('[aria-label="Match case"]').click();
    await new Promise((done) => setTimeout(done, 20));
    await settle();
    expect([all, told()]).toEqual(["1 of 4", "1 of 2"]);
    find('[aria-label="Match case"]').click();
    find('[aria-label="Whole words"]').click();
    await new Promise((done) => setTimeout(done, 20));
    await settle();
    expect(told()).toBe("1 of 2");
    await look("nothing has this");
    expect(told()).toBe("nowhere");
  });

  it("begins at the selected span, closes with Escape and gives the focus back", async () => {
    find('[role="tree"][aria-label="Spans of the trace"]').focus();
    page.app.trace.select("00000000000000a5");
    await look("voucher");
    expect(told()).toBe("3 of 3");
    await press("Escape");
    expect([document.querySelector(".find"), document.activeElement?.getAttribute("aria-label")]).toEqual([null, "Spans of the trace"]);
    expect(page.app.trace.traceId).toBe(TRACE);
    expect(page.app.commands.listed).not.toContain("trace.findNext");
  });

  it("is a trace's own: another one is not searched for it", async () => {
    await look("voucher");
    await page.app.openTrace("00000001a4b7d3e8812f6a9b0c4d7e31");
    await settle();
    expect(document.querySelector(".find")).toBeNull();
  });
});
