/// The registry of commands against the page: everything has a way to it, the palette and the keys do what they say, and
/// whatever can be clicked can be reached without a pointer.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { View } from "$state/app.svelte";
import { COMMAND_IDS, commandInfo, type CommandId } from "$state/commands";
import type { Handlers } from "$state/commands.svelte";
import { TABS } from "$state/trace.svelte";
import { find, openPage, press, settle, type Page } from "./page";

const TRACE = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
let page: Page;

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
});
afterEach(() => page.close());

/** Ways to have each command on screen. */
const SCENES: Record<string, () => Promise<void>> = {
  "the list with a trace, marks, tabs and a search in the trace": async () => {
    const { app } = page;
    find('[role="grid"]').focus();
    await press("ArrowDown");
    app.search.toggleMark("a");
    app.search.toggleMark("b");
    app.settings.toggleColumn("model");
    app.openTraceTab(TRACE, null, "a", true);
    app.tabs.open(() => undefined, true);
    app.tabs.close(app.tabs.all[2]);
    await settle();
    await press("Ctrl+f");
  },
  "the workbench": async () => {
    await page.app.openTrace(TRACE);
    await page.app.replay();
    await page.app.bench.start();
  },
  "four takes with a vote": async () => {
    page.app.go("replay");
    await page.app.bench.openRecorded([0, 1, 2, 3].map((n) => ({ traceId: TRACE, spanId: `a${n}`, question: `${n}` })));
    await settle();
    await page.app.bench.sides.vote(0);
    page.app.bench.sides.alone(1);
  },
  "a run of many cases": async () => page.app.openRun("run-many"),
  "a case of many": async () => {
    await page.app.openRun("run-many");
    await page.app.bench.openRow(1);
  },
  "the prompt beside its original": async () => {
    await SCENES["the workbench"]?.();
    page.app.bench.editing = { key: page.app.bench.variants[0]?.key ?? 0, message: 0 };
    // The editor is fetched when it is first shown.
    for (let i = 0; i < 5; i += 1) await settle();
  },
  "golden sets": async () => page.app.go("golden"),
  "metrics of a part of the time": async () => {
    page.app.go("metrics");
    await settle();
    await press("w");
  },
};

/** Answers for every command that applies: says which was done, and does nothing. */
function listen(): CommandId[] {
  const done: CommandId[] = [];
  const stubs: Handlers = Object.fromEntries(COMMAND_IDS.filter((id) => page.app.commands.applies(id)).map((id) => [id, () => void done.push(id)]));
  page.app.commands.provide(stubs);
  return done;
}

/** A key as the keyboard gives it. */
const named: Record<string, string> = { Space: " ", Up: "ArrowUp", Down: "ArrowDown", Left: "ArrowLeft", Right: "ArrowRight" };
async function pressAll(keys: string) {
  for (const one of keys.split(" ")) {
    const key = /(?:^|\+)\+$/.test(one) ? "+" : (one.split("+").at(-1) ?? "");
    const held = one.split("+").slice(0, -1);
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: named[key] ?? key, ctrlKey: held.includes("Ctrl"), altKey: held.includes("Alt"), shiftKey: held.includes("Shift") || /^[?+]$/.test(key), bubbles: true, cancelable: true }));
  }
  await settle();
}

describe("the registry", () => {
  it("gives every command a key or a place in the palette", () => {
    expect(COMMAND_IDS.filter((id) => commandInfo(id).keys.length === 0 && commandInfo(id).hidden)).toEqual([]);
  });

  it("has no command that nothing provides", async () => {
    const provided = new Set<CommandId>();
    for (const scene of Object.values(SCENES)) {
      await scene();
      await settle();
      COMMAND_IDS.filter((id) => page.app.commands.applies(id)).forEach((id) => provided.add(id));
      await page.close();
      localStorage.clear();
      page = await openPage();
    }
    expect(COMMAND_IDS.filter((id) => !provided.has(id))).toEqual([]);
  });

  it.each(Object.keys(SCENES))("is run by the palette and by its keys: %s", async (name) => {
    await SCENES[name]?.();
    await settle();
    const listed = page.app.commands.listed;
    const applying = COMMAND_IDS.filter((id) => page.app.commands.applies(id));
    const done = listen();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    const wrong: string[] = [];
    for (const id of applying) {
      for (const keys of commandInfo(id).keys) {
        done.length = 0;
        page.app.commands.press({ key: "Pause", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false }, false, 0);
        await pressAll(keys);
        if (done.at(-1) !== id) wrong.push(`${keys} does ${done.at(-1)}, not ${id}`);
      }
    }
    for (const id of listed) {
      done.length = 0;
      page.app.overlay = "palette";
      await settle();
      const field = find('[role="dialog"] input') as HTMLInputElement;
      field.value = commandInfo(id).title;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await settle();
      const entry = [...document.querySelectorAll<HTMLElement>('[role="option"]')].find((option) => option.querySelector(".ellipsis")?.textContent?.endsWith(commandInfo(id).title));
      entry?.click();
      await new Promise((later) => setTimeout(later, 5));
      await settle();
      if (done.at(-1) !== id) wrong.push(`the palette does ${done.at(-1)}, not ${id}`);
    }
    expect(wrong).toEqual([]);
  });
});

const CLICKABLE = 'button, a[href], input, select, textarea, summary, [role="button"], [role="tab"], [role="row"], [role="treeitem"], [role="option"], [role="separator"], [tabindex]';
const GROUPS = '[role="tablist"], [role="toolbar"], [role="grid"], [role="tree"], [role="listbox"], [role="radiogroup"]';

function isStop(node: Element): boolean {
  return node instanceof HTMLElement && node.tabIndex >= 0 && !node.matches(":disabled");
}

/** Why an element cannot be reached by keys; `null` when it can. */
function unreachable(node: Element): string | null {
  if (node.matches(":disabled") || isStop(node)) return null;
  const group = node.parentElement?.closest(GROUPS);
  // A field that has a list is where that list's keys are.
  if (group?.id && isStop(document.querySelector(`[aria-controls="${group.id}"]`) ?? group)) return null;
  // A group has one stop: itself, with the active one below it, or one of its members.
  if (group && (isStop(group) || [...group.querySelectorAll("*")].some(isStop))) return null;
  return `${node.outerHTML.slice(0, 120)} is reached by no key`;
}

function allUnreachable(): string[] {
  const nodes = [...document.querySelectorAll(CLICKABLE)].filter((node) => !node.matches('[tabindex="-1"]:not(button):not([role]), [role="dialog"], [data-focus-guard]'));
  return nodes.flatMap((node) => unreachable(node) ?? []);
}

describe("everything that can be clicked", () => {
  it.each(["traces", "runs", "prompts", "golden", "metrics", "sources", "settings"] satisfies View[])("is reached by keys in %s", async (view) => {
    page.app.go(view);
    await settle();
    expect(allUnreachable()).toEqual([]);
  });

  it.each(TABS)("is reached by keys in a trace's %s", async (tab) => {
    await page.app.openTrace(TRACE);
    page.app.trace.show(tab);
    await settle();
    expect(allUnreachable()).toEqual([]);
  });

  it("is reached by keys on the workbench, among tabs and in a search", async () => {
    await SCENES["the list with a trace, marks, tabs and a search in the trace"]?.();
    await settle();
    expect(allUnreachable()).toEqual([]);
    for (const name of ["the workbench", "four takes with a vote", "a run of many cases", "the prompt beside its original"]) {
      await SCENES[name]?.();
      await settle();
      expect(allUnreachable()).toEqual([]);
    }
  });

  it.each(["keys", "jobs", "ledger", "palette"] as const)("is reached by keys in %s", async (overlay) => {
    page.app.overlay = overlay;
    await settle();
    expect(allUnreachable()).toEqual([]);
  });

  it("has a row with a way for keys in every table whose rows take clicks", async () => {
    for (const view of ["runs", "sources"] satisfies View[]) {
      page.app.go(view);
      await settle();
      for (const row of document.querySelectorAll("tbody tr")) expect(row.querySelector("button, a[href]"), row.outerHTML.slice(0, 160)).not.toBeNull();
    }
  });
});

describe("the focus", () => {
  const src = (file: string) => readFileSync(join(import.meta.dirname, "..", file), "utf8");

  it("is seen everywhere: what takes the ring away draws another", () => {
    expect(src("app.css")).toMatch(/:focus-visible \{\s*outline: 2px solid var\(--accent\)/);
    const without = import.meta.glob("../**/*.svelte", { query: "?raw", import: "default", eager: true });
    const files = Object.entries(without).filter(([, text]) => /outline: (none|0);/.test(String(text)));
    // The frame around the field of the search line, the field that is alone on its palette, the item that is highlighted.
    expect(files.map(([file]) => file.split("/").at(-1)).sort()).toEqual(["Menu.svelte", "Palette.svelte", "QueryBar.svelte"]);
    expect(src("components/frame/QueryBar.svelte")).toMatch(/\.focused \.box \{[^}]*outline: 1px solid var\(--accent\)/);
    expect(src("components/shared/Menu.svelte")).toMatch(/menu-item\[data-highlighted\][^}]*background: var\(--select\)/);
  });
});
