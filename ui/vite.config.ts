/// Builds the page that the window shows. Output is embedded into the program, so it works without a server.
import { svelte, vitePreprocess } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [svelte({ preprocess: vitePreprocess() })],
  resolve: {
    alias: {
      $bindings: at("./src/bindings"),
      $components: at("./src/components"),
      $lib: at("./src/lib"),
      $platform: at("./src/platform"),
      $state: at("./src/state"),
      $views: at("./src/views"),
    },
    // Vitest would take Svelte's server build otherwise.
    ...(process.env["VITEST"] ? { conditions: ["browser"] } : {}),
  },
  build: {
    target: "safari18",
    // The window's page, and beside it the page of all components.
    rollupOptions: { input: [at("./index.html"), at("./gallery.html")] },
    // Nothing inline: the content policy allows only files of our own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    // A machine that builds beside the tests is slow; no test asserts on time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ["src/test/setup.ts"],
  },
});
