/// Starts the page.
import { mount } from "svelte";
import "./app.css";
import AppView from "./App.svelte";
import { TauriPlatform } from "$platform/tauri";
import { App } from "$state/app.svelte";

const target = document.getElementById("app");
if (target) mount(AppView, { target, props: { app: new App(new TauriPlatform(), () => Date.now()) } });
