/// Rules of the page: one door to the host, tiers of components, no inline styles, no escape from the types.
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const door = { group: ["@tauri-apps/*"], message: "Only src/platform/tauri.ts talks to the host." };
const domains = ["trace", "compare", "golden", "sources", "prompts", "frame"].map((name) => `$components/${name}/*`);

export default ts.config(
  { ignores: ["dist", "node_modules", "src/bindings", "src/charts"] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    files: ["src/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [door] }],
      "no-console": "error",
      eqeqeq: ["error", "always"],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      // A literal attribute would be blocked by the content policy; `style:` goes through the CSSOM and is not.
      "no-restricted-syntax": ["error", { selector: 'SvelteAttribute[key.name="style"]', message: "Use a class or a `style:` directive." }],
      // A handler may answer or say nothing.
      "@typescript-eslint/no-invalid-void-type": "off",
      // Plain collections are meant as such: local to a function, or looked at through a version counter.
      "svelte/prefer-svelte-reactivity": "off",
      "svelte/no-at-html-tags": "error",
      "svelte/require-each-key": "error",
      "svelte/no-target-blank": "error",
      "svelte/button-has-type": "error",
    },
  },
  {
    files: ["src/components/shared/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [door, { group: [...domains, "$state/*", "$views/*"], message: "Shared components know no domain." }] },
      ],
    },
  },
  {
    files: ["src/components/**"],
    ignores: ["src/components/shared/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [door, { group: ["$views/*"], message: "Views compose components, not the reverse." }] }],
    },
  },
  { files: ["src/platform/tauri.ts"], rules: { "no-restricted-imports": "off" } },
  {
    // Tests and the typed edges may assert: there a wrong guess fails loudly.
    files: ["src/**/*.test.ts", "src/test/**", "src/platform/*.ts"],
    rules: { "@typescript-eslint/consistent-type-assertions": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
