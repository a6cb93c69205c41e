/// Long work: what runs, how far it is, what became of it. A failed job stays until it was looked at.
import type { ImportFile, Job, Skipped } from "$bindings/rpc";
import { RpcError, type Platform } from "$platform/types";
import { SvelteSet } from "svelte/reactivity";

export class Jobs {
  jobs = $state.raw<readonly Job[]>([]);
  error = $state.raw<RpcError | null>(null);
  /** Jobs of this window that ended and were not looked at. */
  readonly unread = new SvelteSet<string>();

  readonly #host: Platform;
  readonly #ended: (job: Job) => void;
  #running = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #first = true;

  constructor(host: Platform, ended: (job: Job) => void) {
    this.#host = host;
    this.#ended = ended;
  }

  get active(): readonly Job[] {
    return this.jobs.filter((job) => job.state === "running");
  }

  /** Failed ones that nobody has looked at. */
  get failed(): readonly Job[] {
    return this.jobs.filter((job) => job.state === "failed" && this.unread.has(job.job_id));
  }

  /** Reads the list, and again soon while something runs. */
  async read(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      const { jobs } = await this.#host.rpc("job_list", {});
      this.error = null;
      const before = this.#running;
      this.#running = new Set(jobs.filter((job) => job.state === "running").map((job) => job.job_id));
      this.jobs = jobs;
      if (!this.#first)
        for (const job of jobs)
          if (before.has(job.job_id) && job.state !== "running") {
            this.unread.add(job.job_id);
            this.#ended(job);
          }
      this.#first = false;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
    }
    if (this.#running.size > 0) this.#timer = setTimeout(() => void this.read(), 400);
  }

  /** Follows a job that was just started. */
  follow(jobId: string): void {
    this.#first = false;
    this.#running.add(jobId);
    void this.read();
  }

  async cancel(jobId: string): Promise<void> {
    try {
      await this.#host.rpc("job_cancel", { id: jobId });
      await this.read();
    } catch (thrown) {
      this.error = RpcError.from(thrown);
    }
  }

  look(jobId: string): void {
    this.unread.delete(jobId);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** What an import job ends with. */
export interface ImportReport {
  files: ImportFile[];
  skipped: Skipped[];
  totals: Pick<ImportFile, "traces" | "spans" | "audit_events" | "duplicates" | "rejected">;
}

/** The report of an import job, when its result is one. */
export function importReport(job: Job): ImportReport | null {
  const result = job.result;
  if (job.kind !== "import" || typeof result !== "object" || result === null || !("totals" in result)) return null;
  // The core wrote it under the same schema that the type comes from.
  const report: unknown = result;
  return isReport(report) ? report : null;
}

function isReport(value: unknown): value is ImportReport {
  return typeof value === "object" && value !== null && "files" in value && Array.isArray(value.files) && "skipped" in value && Array.isArray(value.skipped);
}

/**
 * What became of a job, in a word. A run is over whether or not its calls were answered, so how the run ended is what counts;
 * one that nothing was sent of was refused.
 */
export function jobOutcome(job: Job): string {
  if (job.state === "failed") return job.kind === "run" && jobError(job)?.code.startsWith("RTK-R") ? "refused" : "failed";
  const result = job.result;
  if (job.state !== "done" || job.kind !== "run" || typeof result !== "object" || result === null) return job.state;
  return "status" in result && typeof result.status === "string" ? result.status : job.state;
}

/** The error that a failed job ended with. */
export function jobError(job: Job): RpcError | null {
  if (job.state !== "failed" || typeof job.result !== "object" || job.result === null) return null;
  return RpcError.from("error" in job.result ? job.result.error : job.result);
}
