/// Starts the page.
import { mount } from "svelte";
import "./app.css";
import AppView from "./App.svelte";
import { TauriPlatform } from "$platform/tauri";
import type { Platform } from "$platform/types";
import { App } from "$state/app.svelte";

/** `vite build --mode gallery` makes a page over made-up data, to look at every view without an engine. */
async function host(): Promise<Platform> {
  if (import.meta.env.MODE !== "gallery") return new TauriPlatform();
  const { incident } = await import("./test/incident");
  return incident(Number(new URLSearchParams(location.search).get("rows") ?? 1284));
}

const target = document.getElementById("app");
if (target) {
  const app = new App(await host(), () => Date.now());
  mount(AppView, { target, props: { app } });
}
