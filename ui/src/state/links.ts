/// Where links lead, and the link of the place that one is at.
import { looksLikeLink, readLink, writeLink, type Link } from "$lib/link";
import { RpcError } from "$platform/types";
import type { App } from "./app.svelte";
import { TABS } from "./trace.svelte";

/** Goes where a link leads. What it names may be gone: then the place says so. */
export async function follow(app: App, text: string): Promise<void> {
  const link = readLink(text);
  if (link === null) {
    app.error = new RpcError("RTK-A001", `the link leads nowhere: ${text.slice(0, 200)}`, "A link is retake://trace/ID, retake://run/ID, retake://prompt/NAME, retake://search/QUERY or a view such as retake://metrics.");
    return;
  }
  app.overlay = null;
  switch (link.to) {
    case "trace":
      await app.openTrace(link.traceId, link.spanId, true);
      app.trace.show(TABS.find((tab) => tab === link.tab) ?? app.trace.tab);
      return;
    case "run":
      return app.openRun(link.runId);
    case "prompt":
      app.go("prompts");
      return app.library.readPrompt(link.name);
    case "search":
      return app.searchFor(link.query);
    case "view":
      app.go(link.view);
  }
}

/** The place that is looked at. */
export function here(app: App): Link {
  const { trace, bench, view } = app;
  if (view === "traces" && trace.traceId !== null) return { to: "trace", traceId: trace.traceId, spanId: trace.spanId, tab: trace.tab };
  if (view === "traces" && app.search.query) return { to: "search", query: app.search.query };
  if (view === "replay" && bench.runId !== null) return { to: "run", runId: bench.runId };
  const prompt = app.library.prompt.value;
  if (view === "prompts" && prompt) return { to: "prompt", name: prompt.name };
  return { to: "view", view };
}

/** Copies the link of the place. */
export async function copyLink(app: App): Promise<void> {
  await app.copy(writeLink(here(app)), "Link copied");
}

export { looksLikeLink };
