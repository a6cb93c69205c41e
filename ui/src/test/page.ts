/// The whole page over the made-up incident, as tests drive it.
import { mount, tick, unmount } from "svelte";
import axe from "axe-core";
import AppView from "../App.svelte";
import { App } from "$state/app.svelte";
import { incident } from "./incident";
import type { FakePlatform } from "$platform/fake";

/** Lets what was asked for arrive and be rendered. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await new Promise((done) => setTimeout(done, 0));
    await tick();
  }
}

/** jsdom lays nothing out: contrast and sizes are looked at in the real window. */
export async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, { resultTypes: ["violations"], rules: { "color-contrast": { enabled: false }, "scrollable-region-focusable": { enabled: false }, region: { enabled: false }, "page-has-heading-one": { enabled: false } } });
  return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 160)}`));
}

export interface Page {
  app: App;
  host: FakePlatform;
  close: () => Promise<void>;
}

/** Opens the page over an incident of so many traces; with `again`, as one that comes back after its process ended. */
export async function openPage(total = 5, again = false): Promise<Page> {
  if (!again) sessionStorage.clear();
  document.documentElement.lang = "en";
  document.title = "Retake";
  // Lists render what is in view; jsdom has no view.
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => 600 });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 900 });
  const host = incident(total);
  const app = new App(host, () => Date.UTC(2026, 10, 24));
  const page = mount(AppView, { target: document.body, props: { app } });
  await settle();
  const close = async () => {
    await unmount(page);
    document.body.innerHTML = "";
  };
  return { app, host, close };
}

/** Presses a key where the focus is: `Ctrl+Shift+T`, `ArrowDown`, `x`. */
export async function press(keys: string): Promise<void> {
  const parts = keys.split("+");
  const key = parts.pop() ?? "";
  const held = (name: string) => parts.includes(name);
  const init = { key, ctrlKey: held("Ctrl"), shiftKey: held("Shift"), altKey: held("Alt"), bubbles: true, cancelable: true, composed: true };
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", init));
  await settle();
}

/** The one element of the selector that says the words. */
export function find(css: string, words = ""): HTMLElement {
  const found = [...document.querySelectorAll<HTMLElement>(css)].find((node) => (node.textContent ?? "").includes(words) || (node.getAttribute("aria-label") ?? "").includes(words));
  if (!found) throw new Error(`no ${css} says ${words}`);
  return found;
}
