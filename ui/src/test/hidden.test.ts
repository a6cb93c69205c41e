/// Characters that hide, reorder or steer are shown as marks wherever text of a trace stands: in the page, and in what the
/// page says of it to the pointer and to screen readers.
import { isSuspect } from "$lib/marks";
import { TABS } from "$state/trace.svelte";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openPage, press, settle, type Page } from "./page";

const TRACE = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
const HOSTILE = "\u001b[31m\u202e\u200bx";
/** Fields that an application fills as it likes. */
const FREE = new Set("question answer name tenant feature user user_role conversation request_id model prompt text output_text title source content version newer_version subject message actor role action actions resource reason tool query error_type status_message input_value output_value finish_reason event_id note why label labels tool.name user.role".split(" "));
let page: Page;

function tainted(value: unknown, free = false): unknown {
  if (typeof value === "string") return free ? value + HOSTILE : value;
  if (Array.isArray(value)) return value.map((item) => tainted(item, free));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tainted(item, FREE.has(key))]));
}

/** Everything in the page that holds such a character as it is. */
function live(): string[] {
  const out: string[] = [];
  for (const node of document.querySelectorAll("*")) {
    for (const { name, value } of node.attributes) if (isSuspect(value) && !/^(value|id|data-.*)$/.test(name)) out.push(`${node.tagName.toLowerCase()}[${name}] ${value}`);
    for (const child of node.childNodes) if (child.nodeType === Node.TEXT_NODE && isSuspect(child.textContent ?? "")) out.push(`${node.tagName.toLowerCase()}.${node.className} ${child.textContent ?? ""}`);
  }
  if (isSuspect(document.title)) out.push(document.title);
  return [...new Set(out)];
}

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
  const rpc = page.host.rpc.bind(page.host);
  const asked = new Set(["trace_get", "trace_spans", "span_messages", "span_context", "span_audit", "span_request", "span_takes", "span_raw", "span_get", "take_get", "compare", "run_get", "replay_estimate", "prompts_list", "prompt_show", "prompt_diff", "batches_list"]);
  page.host.rpc = async (name, request) => {
    const answer = await rpc(name, request);
    return asked.has(name) ? (tainted(answer) as typeof answer) : answer;
  };
});
afterEach(() => page.close());

it.each(TABS)("stay marks in a trace's %s", async (tab) => {
  await page.app.openTrace(TRACE);
  page.app.openTraceTab(TRACE, null, page.app.trace.tree.value?.summary.question ?? "", true);
  for (const span of page.app.trace.spans) {
    page.app.trace.select(span.span_id);
    page.app.trace.show(tab);
    await settle();
    expect(live()).toEqual([]);
  }
});

it("stay marks when a document of the context is chosen", async () => {
  await page.app.openTrace(TRACE);
  page.app.trace.show("context");
  page.app.trace.documentId = page.app.trace.context.value?.documents[0]?.document_id ?? null;
  await settle();
  expect(live()).toEqual([]);
});

it("stay marks on the bench: beside its variants, over its takes, in what is voted for", async () => {
  await page.app.openTrace(TRACE);
  page.app.openTraceTab(TRACE, null, "other", true);
  await page.app.replay();
  await page.app.bench.start();
  await settle();
  expect(document.querySelector(".columns")).not.toBeNull();
  expect(live()).toEqual([]);
  document.querySelector<HTMLElement>("[data-edit]")?.click();
  await settle();
  expect(live()).toEqual([]);
  await press("Escape");
});

it.each(["prompts", "sources"] as const)("stay marks in %s", async (view) => {
  page.app.go(view);
  await settle();
  expect(document.querySelector(".hidden-char")).not.toBeNull();
  expect(live()).toEqual([]);
});
