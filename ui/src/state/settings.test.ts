import { beforeEach, describe, expect, it } from "vitest";
import { incident } from "../test/incident";
import { App } from "./app.svelte";
import { Settings } from "./settings.svelte";

beforeEach(() => localStorage.clear());

describe("looks", () => {
  it("goes through the themes, says them on the root, and keeps the last", () => {
    const settings = new Settings();
    const root = document.documentElement.dataset;
    const seen = Array.from({ length: 4 }, () => {
      settings.nextTheme();
      return [settings.theme, root["theme"] ?? null, root["contrast"] ?? null];
    });
    expect(seen).toEqual([
      ["dark", "dark", null],
      ["light", "light", null],
      ["contrast", null, "more"],
      ["system", null, null],
    ]);
    settings.setTheme("contrast");
    expect(new Settings().theme).toBe("contrast");
  });

  it("zooms in steps from 50 to 200 per cent, and is as large again after a start", async () => {
    const host = incident();
    const app = new App(host, () => 0);
    while (app.zoomBy(1));
    expect([app.settings.zoom, host.zoomed]).toEqual([200, 2]);
    while (app.zoomBy(-1));
    expect([app.settings.zoom, host.zoomed]).toEqual([50, 0.5]);
    await app.zoom(150);
    const again = incident();
    const stop = new App(again, () => 0).start();
    expect(again.zoomed).toBe(1.5);
    stop();
  });
});
