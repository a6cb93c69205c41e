/// Gives components the state of the page without passing it through each of them.
import { createContext } from "svelte";
import type { App } from "$state/app.svelte";

export const [getApp, setApp] = createContext<App>();
