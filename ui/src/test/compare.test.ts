/// Takes side by side as a person uses them: steps through differences, columns alone, the map, votes, the matrix of a run
/// of many cases, and the prompt beside its original.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { find, openPage, press, settle, violations, type Page } from "./page";

const TRACE = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
let page: Page;

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
});
afterEach(() => page.close());

async function bench() {
  await page.app.openTrace(TRACE);
  await page.app.replay();
  await page.app.bench.start();
  await settle();
}
const titles = () => [...document.querySelectorAll("section.take")].map((take) => take.getAttribute("aria-label"));
const count = () => find(".differences").textContent;
/** What is outlined, column by column. */
const outlined = () => [...document.querySelectorAll("section.take")].map((take) => [...take.querySelectorAll(".on")].map((mark) => mark.textContent?.trim().slice(0, 30)));
async function keys(...all: string[]) {
  for (const key of all) await press(key);
}

describe("a low window", () => {
  it("scrolls variants and plan as one, over the button that runs them and what is in its way", async () => {
    await page.app.openTrace(TRACE);
    await page.app.replay();
    await settle();
    // Nothing is laid out here: the plan is as tall as all of the room.
    const left = find(".left.low");
    expect(left.contains(find("article.card"))).toBe(true);
    expect(left.contains(find("label", "for the first time from this workspace"))).toBe(true);
    expect(left.contains(find(".primary", "Run"))).toBe(false);
    expect(find(".obstacle").textContent).toBe("Confirm the destination 127.0.0.1:8080.");
    expect(await violations()).toEqual([]);
  });
});

describe("differences", () => {
  beforeEach(bench);

  it("are stepped through in all columns, round the ends", async () => {
    expect(count()).toBe("5 differences");
    await press("n");
    expect([count(), outlined()]).toEqual(["1 of 5", [["You can change your ticket"], ["Changes are"], []]]);
    await press("p");
    expect([count(), outlined()[0]]).toEqual(["5 of 5", [expect.stringContaining("calls")]]);
    find('[aria-label="Next difference"]').click();
    await settle();
    expect(count()).toBe("1 of 5");
    expect(await violations()).toEqual([]);
  });

  it("stand alone by their number, and all again", async () => {
    await press("2");
    expect(titles()).toEqual(["B"]);
    await press("2");
    expect(titles()).toHaveLength(3);
    find("section.take button.name", "C").click();
    await settle();
    expect(titles()).toEqual(["C"]);
    page.app.commands.run("compare.all");
    await settle();
    expect(titles()).toHaveLength(3);
  });

  it("leave whitespace out, and go by line", async () => {
    const asked = () => page.host.calls.filter((call) => call.name === "compare").map((call) => Reflect.get(Object(call.request), "unit"));
    await press("w");
    expect(find('[aria-label="Differences in whitespace"]').getAttribute("aria-pressed")).toBe("false");
    await press("l");
    expect(asked()).toEqual(["word", "line"]);
  });

  it("are on a map that names itself and goes where one clicks", async () => {
    const map = find('[role="scrollbar"]');
    expect([map.getAttribute("aria-label"), map.getAttribute("aria-orientation"), document.getElementById(map.getAttribute("aria-controls") ?? "")]).toEqual(["Map of the changes", "vertical", find(".columns")]);
    const body = find(".scrolled");
    Object.defineProperty(body, "scrollHeight", { value: 2600 });
    map.getBoundingClientRect = () => ({ top: 100, height: 400 }) as DOMRect;
    map.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, button: 0, clientY: 300 }));
    await settle();
    expect(body.scrollTop).toBe(1000);
    map.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true, cancelable: true }));
    await settle();
    expect(body.scrollTop).toBe(0);
  });

  it("scroll together, or apart", async () => {
    const [first, second] = [...document.querySelectorAll<HTMLElement>(".scrolled")];
    if (!first || !second) throw new Error("two columns");
    Object.defineProperty(first, "scrollHeight", { value: 2600 });
    Object.defineProperty(second, "scrollHeight", { value: 1100 });
    first.scrollTop = 1000;
    first.dispatchEvent(new Event("scroll"));
    expect(second.scrollTop).toBe(250);
    await press("s");
    first.scrollTop = 0;
    first.dispatchEvent(new Event("scroll"));
    expect(second.scrollTop).toBe(250);
  });
});

describe("votes", () => {
  beforeEach(bench);
  const asked = () => page.host.calls.filter((call) => call.name === "vote_set").map((call) => call.request);
  const pressed = () => [...document.querySelectorAll('.choices [aria-pressed="true"]')].map((button) => button.textContent);

  it("are cast by keys and taken back", async () => {
    await keys("v", "2");
    expect(asked()).toMatchObject([{ choice: "take", winner: "t-1", blind: false }]);
    expect([pressed(), document.querySelector("section.take .tag.ok")?.textContent?.trim()]).toEqual([["B"], "better"]);
    await keys("v", "0");
    expect(pressed()).toEqual(["tie"]);
    await keys("v", "u");
    expect(pressed()).toEqual(["B"]);
    find(".choices button", "both bad").click();
    await settle();
    expect(pressed()).toEqual(["both bad"]);
    expect(await violations()).toEqual([]);
  });

  it("take no vote for a column that was not compared", async () => {
    await keys("v", "3");
    expect(asked()).toEqual([]);
  });

  it("keep a note", async () => {
    await keys("v", "x", "v", "n");
    const field = find('[aria-label="Note on the vote"]') as HTMLInputElement;
    expect(document.activeElement).toBe(field);
    field.value = "neither names the fee";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await press("Enter");
    expect(asked().at(-1)).toMatchObject({ choice: "both_bad", note: "neither names the fee" });
  });

  it("hide names until they are cast, and say afterwards what was chosen", async () => {
    await press("b");
    expect([...titles()].sort()).toEqual(["Take 1", "Take 2", "Take 3"]);
    expect(find(".columns").textContent).not.toContain("gpt-4o-mini");
    expect(document.querySelector("section.take dl")).toBeNull();
    const order = page.app.bench.sides.columns.map((column) => column.title);
    const at = order.indexOf("B");
    await keys("v", `${at + 1}`);
    expect(asked().at(-1)).toMatchObject({ winner: "t-1", blind: true });
    expect(titles()).toEqual(order);
    await press("b");
    expect(titles()).toEqual(["A recorded", "B", "C"]);
  });
});

describe("the matrix of a run", () => {
  const first = () => document.querySelector('[role="row"] [role="gridcell"]')?.textContent?.trim();
  beforeEach(async () => {
    await page.app.openRun("run-many");
    await settle();
  });

  it("sorts by disagreement first, and by any column", async () => {
    const values = () => page.app.bench.matrix.order.map((at) => page.app.bench.matrix.rows[at]?.disagreement ?? null);
    expect([values()[0], values().at(-1)]).toEqual([0.99, null]);
    find('[aria-label^="Sort by case"]').click();
    await settle();
    const questions = page.app.bench.matrix.order.map((at) => page.app.bench.matrix.rows[at]?.question ?? "");
    expect(questions).toEqual([...questions].sort((a, b) => a.localeCompare(b)));
    find('[aria-label^="Sort by C"]').click();
    await press("Shift+M");
    const latency = page.app.bench.matrix.order.map((at) => page.app.bench.matrix.rows[at]?.cells[1]?.deltas.latency_ms ?? null).filter((n) => n !== null);
    expect(latency).toEqual([...latency].sort((a, b) => b - a));
    expect(await violations()).toEqual([]);
  });

  it("opens a row as takes, goes on to the next, and back", async () => {
    find('[role="grid"]').focus();
    await press("ArrowDown");
    const chosen = page.app.bench.matrix.chosen;
    await press("Enter");
    expect([page.app.bench.row, titles()[0]]).toEqual([chosen, "A recorded"]);
    expect(page.host.calls.findLast((call) => call.name === "run_get")?.request).toEqual({ id: "run-many", span_id: page.app.bench.matrix.rows[chosen ?? 0]?.span_id });
    await press("]");
    expect(page.app.bench.row).toBe(page.app.bench.matrix.order[2]);
    await press("Escape");
    expect([page.app.view, first()]).toEqual(["replay", expect.any(String)]);
  });

  it("tells which take was voted the better one", async () => {
    const run = await page.host.rpc("run_get", { id: "run-many" });
    const winner = `t-${page.app.bench.matrix.order[0]}-0`;
    const vote = { vote_id: "v", at_ns: "1", takes: ["a5", winner], choice: "take", winner, note: null, blind: true };
    page.host.answer("run_get", () => ({ ...run, votes: [vote] }));
    await page.app.bench.poll();
    await settle();
    expect(document.querySelectorAll('[aria-label="voted better"]').length).toBe(1);
  });

  it("says in words what differs", () => {
    const text = find('[role="grid"]').textContent ?? "";
    for (const words of ["same", "tool calls differ", "words differ", "failed", "left out"]) expect(text).toContain(words);
  });
});

describe("a run of a thousand cases", () => {
  it("stays small, and reads the takes of one case only", async () => {
    const { matrix } = await import("./incident");
    page.host.answer("run_matrix", ({ id }) => matrix(id, 1000, ["B", "C", "D", "E"]));
    await page.app.openRun("run-many");
    await settle();
    expect(page.app.bench.matrix.rows.length).toBe(1000);
    expect(document.querySelectorAll("*").length).toBeLessThan(1500);
    expect(page.host.calls.filter((call) => call.name === "take_chunks")).toEqual([]);
    find('[role="grid"]').focus();
    await press("End");
    expect(page.app.bench.matrix.active).toBe(999);
    expect(document.querySelector('[role="row"][aria-selected="true"]')).not.toBeNull();
  });
});

describe("an edited prompt", () => {
  beforeEach(bench);

  it("opens beside its original, and what is the same is no edit", async () => {
    find(".card .message", "system").click();
    for (let i = 0; i < 5; i += 1) await settle();
    const field = find('textarea[aria-label="system message of B"]') as HTMLTextAreaElement;
    const original = field.value;
    field.value = `${original} Be brief.`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(page.app.bench.variants[0]?.messages).toEqual({ 0: `${original} Be brief.` });
    expect(find(".card").textContent).toContain("1 message");
    expect(await violations()).toEqual([]);
    find("button", "Original").click();
    await settle();
    expect(page.app.bench.variants[0]?.messages).toEqual({});
    await press("Escape");
    expect([page.app.bench.editing, titles().length, document.activeElement?.getAttribute("data-edit")]).toEqual([null, 3, "1 0"]);
  });
});

describe("a variant's card", () => {
  it("lists before sending what is lost and what is left out", async () => {
    const estimate = await page.host.rpc("replay_estimate", { variants: [] });
    const loss = { variant: "B as recorded", what: "left out", why: "the target has no such field" };
    const call = { trace_id: null, span_id: "a5", variant: "B as recorded", code: "RTK-R004", message: "span a5 under B: a secret was removed" };
    page.host.answer("replay_estimate", () => ({ ...estimate, losses: [{ ...loss, path: "logprobs" }, { ...loss, path: "seed" }, { ...loss, variant: "C", path: "top_k" }], left_out: [call, call, call, call] }));
    await page.app.openTrace(TRACE);
    await page.app.replay();
    page.app.bench.estimateSoon(0);
    await new Promise((done) => setTimeout(done, 20));
    await settle();
    const lines = [...document.querySelectorAll(".losses li")].map((line) => line.textContent?.trim());
    expect(lines).toEqual(["logprobs, seed left out: the target has no such field", ...Array.from({ length: 3 }, () => "left out: span a5 under B: a secret was removed RTK-R004"), "1 more call left out"]);
    expect(await violations()).toEqual([]);
  });
});

describe("a variant's choices", () => {
  it("begin with what was recorded, and say of documents what they are", async () => {
    await page.app.openTrace(TRACE);
    await page.app.replay();
    await settle();
    const select = find("article[aria-label^='Variant'] select") as HTMLSelectElement;
    expect([select.options[0]?.value, select.value]).toEqual(["provider:recorded", ""]);
    select.value = "provider:recorded";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(find("article[aria-label^='Variant']").textContent).toContain("Nothing is sent.");
    const documents = [...document.querySelectorAll("fieldset label.check")].map((label) => (label.textContent ?? "").replace(/\s+/g, " ").trim());
    expect(documents[0]).toContain("FAR-12 v2 outdated Changing a ticket");
    expect(documents[2]).toContain("OST-7 v1 of hafen-ost Contract of Hafen Ost");
    expect(await violations()).toEqual([]);
  });
});

describe("a vote", () => {
  it("is told in the takes of its call", async () => {
    await bench();
    await page.app.bench.sides.vote(1);
    page.host.answer("workspace_changes", () => ({ data_version: 2 }));
    await page.app.look();
    page.app.go("traces");
    page.app.trace.show("takes");
    await settle();
    const rows = [...document.querySelectorAll('table[aria-label="Takes"] tbody tr')].map((row) => row.querySelector(".tag.ok")?.textContent ?? null);
    expect(rows).toEqual(["better", null]);
  });
});
