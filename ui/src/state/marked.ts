/// What the traces that are marked in the list feed: replay, comparison, a golden case.
import type { App } from "./app.svelte";
import type { Target } from "./bench.svelte";

/** Traces of which calls are taken, at most. */
const MOST = 200;

/** The last model call of each marked trace; without marks the one that is selected. */
export async function targets(app: App): Promise<Target[]> {
  const marked = [...app.search.marked];
  if (marked.length > 0) {
    const trees = await Promise.all(marked.slice(0, MOST).map((id) => app.host.rpc("trace_get", { id })));
    return trees.flatMap((tree) => {
      const call = tree.spans.findLast((span) => span.kind === "llm");
      return call ? [{ traceId: tree.trace_id, spanId: call.span_id, question: tree.summary.question ?? tree.summary.name }] : [];
    });
  }
  const { traceId, callId } = app.trace;
  const summary = app.trace.tree.value?.summary;
  return traceId !== null && callId !== null ? [{ traceId, spanId: callId, question: summary?.question ?? summary?.name ?? "" }] : [];
}

/** Why the marked ones cannot become a case. */
export function promoteObstacle(app: App): string | null {
  return app.search.marked.size > 1 ? "A case is made of one trace: mark that one only" : null;
}

/** Promotes the one that is marked; of several, says that one is meant. `false` when none is. */
export function promoteMarked(app: App): boolean {
  if (app.search.marked.size === 0) return false;
  const obstacle = promoteObstacle(app);
  if (obstacle !== null) app.say({ text: obstacle, kind: "done", action: null });
  else
    void app.act(async () => {
      const [target] = await targets(app);
      if (target) await app.openPromote(`span:${target.spanId}`, target.question, target.traceId);
      else app.say({ text: "The marked trace has no model call", kind: "done", action: null });
    });
  return true;
}
