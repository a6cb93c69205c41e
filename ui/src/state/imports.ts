/// Imports of this window: what each was given, and what is said of what became of it. What that is stands in the report of
/// the batch: a file that a format read and found broken is not one that nobody claims.
import type { Batch, ImportFile, Job, Skipped } from "$bindings/rpc";
import { count, fileName, msBetween, plural } from "$lib/format";
import { oneLine } from "$lib/marks";
import { mayBeMapped } from "$lib/paste";
import type { App } from "./app.svelte";
import { importReport, jobError, type ImportReport } from "./jobs.svelte";
import type { Notice } from "./notices.svelte";

/** No format claims it. */
const UNCLAIMED = "RTK-I002";
/** A mapping did not fit it. */
const MISFIT = "RTK-I024";

/** Whether a skipped file is one that a mapping may explain. */
export function canBeMapped(skipped: Skipped): boolean {
  return (skipped.code === UNCLAIMED || skipped.code === MISFIT) && mayBeMapped(skipped.path);
}

export class Imports {
  readonly #app: App;
  readonly #given = new Map<string, readonly string[]>();

  constructor(app: App) {
    this.#app = app;
  }

  follow(jobId: string, given: readonly string[]): void {
    this.#given.set(jobId, given);
    this.#app.jobs.follow(jobId);
  }

  /** The file of a failed import that a mapping may explain. */
  mappable(job: Job): string | null {
    const only = this.#only(job);
    if (only === null || jobError(job)?.code !== UNCLAIMED || !mayBeMapped(only)) return null;
    return (this.#batchOf(job)?.files.length ?? 0) === 0 ? only : null;
  }

  /** Whoever maps a file has read why it could not be imported. */
  read(path: string): void {
    for (const job of this.#app.jobs.failed) if (this.#given.get(job.job_id)?.includes(path)) this.#app.jobs.look(job.job_id);
  }

  /** Says what became of an import. */
  async ended(job: Job): Promise<void> {
    const app = this.#app;
    // A failed job ends with its error alone.
    if (job.state === "failed") await app.library.readBatches();
    const toSources = { title: "Report", run: () => (app.go("sources"), void (app.sources = "batches")) };
    const report = importReport(job);
    const unknown = this.mappable(job);
    const broken = job.state === "failed" ? warned(this.#batchOf(job)?.files ?? []) : null;
    if (unknown !== null) app.say({ text: `No format claims ${fileName(unknown)}: say which column is what`, kind: "failed", action: { title: "Map it", run: () => app.mapFile(unknown) } });
    else if (broken !== null) app.say({ text: broken, kind: "failed", action: toSources });
    else if (job.state === "failed") app.say({ text: `${job.title} failed`, kind: "failed", action: { title: "Why", run: () => (app.overlay = "jobs") } });
    else if (report) {
      app.say({ ...told(report), action: toSources });
      app.jobs.look(job.job_id);
    }
  }

  /** The one file that an import was given. */
  #only(job: Job): string | null {
    const [only, ...others] = this.#given.get(job.job_id) ?? [];
    return others.length > 0 ? null : (only ?? null);
  }

  /** The batch of an import of one file, newest first among those since it began. */
  #batchOf(job: Job): Batch | undefined {
    const only = this.#only(job);
    const since = (batch: Batch) => (msBetween(job.started_ns, batch.at_ns) ?? 0) >= 0;
    return this.#app.library.batches.value?.batches.find((batch) => batch.sources.length === 1 && batch.sources[0] === only && since(batch));
  }
}

/** What was wrong with the first file that a format read in part or in vain. */
function warned(files: readonly ImportFile[]): string | null {
  const file = files.find((one) => one.warnings.length > 0);
  const [warning] = file?.warnings ?? [];
  return file && warning ? `${fileName(file.path)} (${file.format}): ${oneLine(warning.example.message, 200)}` : null;
}

function told({ totals, skipped, files }: ImportReport): Pick<Notice, "text" | "kind"> {
  const warnings = files.flatMap((file) => file.warnings ?? []).reduce((sum, warning) => sum + warning.count, 0);
  if (files.length === 0) {
    const [one] = skipped.filter((file) => file.code !== UNCLAIMED);
    return { text: one ? `${fileName(one.path)} was skipped: ${oneLine(one.message, 200)}` : "Nothing was understood: no format claims what was given", kind: "failed" };
  }
  const parts = [
    totals.traces > 0 ? plural(totals.traces, "trace") : "",
    totals.audit_events > 0 ? plural(totals.audit_events, "audit event") : "",
    totals.duplicates > 0 ? `${count(totals.duplicates)} already there` : "",
    totals.rejected > 0 ? `${count(totals.rejected)} kept raw only` : "",
    skipped.length > 0 ? `${plural(skipped.length, "file")} skipped` : "",
    warnings > 0 ? plural(warnings, "warning") : "",
  ].filter(Boolean);
  const name = files.length === 1 ? fileName(files[0]?.path ?? "") : plural(files.length, "file");
  return { text: `Imported ${name}: ${parts.join(", ") || "nothing new"}`, kind: "done" };
}
