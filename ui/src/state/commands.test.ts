import { describe, expect, it } from "vitest";
import { COMMAND_IDS, commandInfo } from "./commands";
import { Commands } from "./commands.svelte";

const press = (key: string, fields = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...fields });

describe("Commands", () => {
  it("does what is on screen, and what came last first", () => {
    const commands = new Commands();
    const done: string[] = [];
    commands.provide({ escape: () => void done.push("view") });
    const close = commands.provide({ escape: () => void done.push("popover") });
    commands.press(press("Escape"), false, 0);
    close();
    commands.press(press("Escape"), false, 0);
    expect(done).toEqual(["popover", "view"]);
  });

  it("asks the next one when the first declines", () => {
    const commands = new Commands();
    const done: string[] = [];
    commands.provide({ escape: () => void done.push("outer") });
    commands.provide({ escape: () => false });
    expect(commands.run("escape")).toBe(true);
    expect(done).toEqual(["outer"]);
  });

  it("leaves letters to fields, but not Ctrl+K", () => {
    const commands = new Commands();
    const done: string[] = [];
    commands.provide({ "replay.open": () => void done.push("r"), palette: () => void done.push("palette") });
    expect(commands.press(press("r"), true, 0)).toBe(false);
    expect(commands.press(press("k", { ctrlKey: true }), true, 0)).toBe(true);
    expect(done).toEqual(["palette"]);
  });

  it("takes no letter for a command while one may be typing still, but steps through rows", () => {
    const commands = new Commands();
    const done: string[] = [];
    commands.provide({ "replay.open": () => void done.push("r"), "list.next": () => void done.push("j"), escape: () => void done.push("escape") });
    commands.rest(1000);
    for (const [key, at] of [["r", 1100], ["r", 1340], ["j", 1400], ["Escape", 1400], ["r", 1600]] as const) expect(commands.press(press(key), false, at)).toBe(true);
    expect(done).toEqual(["j", "escape", "r"]);
  });

  it("knows two keys in a row", () => {
    const commands = new Commands();
    const done: string[] = [];
    commands.provide({ "go.traces": () => void done.push("traces"), times: () => void done.push("times") });
    commands.press(press("g"), false, 0);
    commands.press(press("t"), false, 300);
    commands.press(press("t"), false, 5000);
    expect(done).toEqual(["traces", "times"]);
  });

  it("lists only what applies", () => {
    const commands = new Commands();
    expect(commands.listed).toEqual([]);
    const close = commands.provide({ "list.open": () => undefined, escape: () => undefined });
    expect(commands.listed).toEqual(["list.open"]);
    close();
    expect(commands.listed).toEqual([]);
  });
});

describe("the list of commands", () => {
  it("gives a key to two commands only where they are never on screen together", () => {
    // Traces, the bench and metrics are views, and never on screen together.
    const VIEWS = [/^(trace|list)\.|^tab\.open$/, /^(compare|matrix|edit)\.|^replay\.(run|add)$/, /^metrics\./];
    const viewOf = (id: string) => VIEWS.findIndex((ids) => ids.test(id));
    const together = (a: string, b: string) => viewOf(a) === -1 || viewOf(b) === -1 || viewOf(a) === viewOf(b);
    const clashes = COMMAND_IDS.flatMap((a, i) => COMMAND_IDS.slice(i + 1).flatMap((b) => (together(a, b) && commandInfo(a).keys.some((key) => commandInfo(b).keys.includes(key)) ? [`${a} ${b}`] : [])));
    expect(clashes).toEqual([]);
  });
});
