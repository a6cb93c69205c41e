/// The window as a whole: where it is and was, what the workspace holds, and the states of its parts.
import type { Job, WorkspaceInfo } from "$bindings/rpc";
import type { Opening } from "$lib/link";
import { oneLine } from "$lib/marks";
import { RpcError, type Platform, type RecentWorkspace, type Updating } from "$platform/types";
import type { Bench } from "./bench.svelte";
import { Commands } from "./commands.svelte";
import { Imports } from "./imports";
import { Jobs } from "./jobs.svelte";
import { LateWrites } from "./late";
import { Library } from "./library.svelte";
import { follow } from "./links";
import { Loaded } from "./loaded.svelte";
import { targets } from "./marked";
import { Mapping } from "./mapping.svelte";
import { Metrics } from "./metrics.svelte";
import { Notices, type Notice } from "./notices.svelte";
import { draftOf, Promote } from "./promote.svelte";
import { Search } from "./search.svelte";
import { Session } from "./session";
import { Settings, ZOOMS } from "./settings.svelte";
import { Tabs, type OpenTab, type View } from "./tabs.svelte";
import type { Trace } from "./trace.svelte";

export type { View } from "./tabs.svelte";

/** What the sample is read with: its recordings of answers, which replays are served from, are traces as well. */
const SAMPLE_QUERY = "environment:production";

/** Parts of what is kept of sources. */
export type SourcesPart = "batches" | "mapping" | "connections" | "policy" | "formats";

export type Overlay = "palette" | "keys" | "jobs" | "ledger" | "report" | "quit" | null;

export class App {
  readonly host: Platform;
  readonly settings = new Settings();
  readonly commands = new Commands((id) => this.settings.keysOf(id));
  readonly search: Search;
  readonly tabs: Tabs;
  readonly session = new Session();
  readonly jobs: Jobs;
  readonly library: Library;
  readonly metrics: Metrics;
  readonly mapping: Mapping;
  readonly imports = new Imports(this);
  readonly info = new Loaded<WorkspaceInfo>();

  overlay = $state<Overlay>(null);
  sources = $state<SourcesPart>("batches");
  promote = $state.raw<Promote | null>(null);
  readonly notices = new Notices();
  /** Workspaces that were open before. */
  recent = $state.raw<readonly RecentWorkspace[]>([]);
  /** What has to be done before the workspace can be read. */
  updating = $state.raw<Updating | null>(null);
  /** Files are held over the window. */
  dropping = $state(false);
  /** The list is being read: rows must not move. */
  reading = $state(false);
  /** Error of an action that belongs to no view. */
  error = $state.raw<RpcError | null>(null);
  nowMs = $state(0);

  #restored = $state(false);
  #further = false;
  #dataVersion: number | null = null;
  #looking = false;
  readonly #late = new LateWrites();

  constructor(host: Platform, nowMs: () => number) {
    this.host = host;
    this.#clock = nowMs;
    this.nowMs = nowMs();
    this.search = new Search(host);
    this.tabs = new Tabs(host);
    this.library = new Library(host);
    this.metrics = new Metrics(host);
    this.mapping = new Mapping(host);
    this.jobs = new Jobs(host, (job) => this.#jobEnded(job));
  }

  readonly #clock: () => number;

  /**
   * Reads what the first screen shows and begins to look for changes; returns what ends that. With `sample`, begins with
   * the sample, and brings it in when the workspace is empty.
   */
  start(opening: Partial<Opening> = {}): () => void {
    void this.#followUpdate();
    void this.#readFirst(opening);
    if (this.settings.zoom !== 100) void this.zoom(this.settings.zoom);
    const stops = [
      this.#late.watch(),
      this.host.onChange(({ topic, id }) => this.#changed(topic, id)),
      this.host.onLink((link) => void follow(this, link)),
      this.host.onDrop({ hover: (over) => (this.dropping = over), drop: (paths) => void this.importPaths(paths) }),
    ];
    const timer = setInterval(() => {
      this.nowMs = this.#clock();
      void this.look();
    }, 1000);
    return () => {
      clearInterval(timer);
      this.jobs.stop();
      stops.forEach((stop) => stop());
    };
  }

  /** Follows the update that a workspace of an earlier version begins with: no question is answered before its end. */
  async #followUpdate(): Promise<void> {
    while ((this.updating = await this.host.updating())) await new Promise((later) => setTimeout(later, 250));
  }

  /** What the first screen shows. The version is read before all else: what arrives meanwhile must count as a change. */
  async #readFirst({ sample = false, link = null, further = false }: Partial<Opening>): Promise<void> {
    await this.look();
    const typed = this.session.texts("search");
    await Promise.all([this.readInfo(), this.search.open(typed?.("query") ?? (sample ? SAMPLE_QUERY : "")), this.jobs.read(), this.library.readLedger()]);
    // A further window leaves the tabs to the first, and keeps its own for as long as it is open.
    const own = this.session.get("tabs");
    this.tabs.restore(typeof own === "string" ? own : further ? null : this.settings.tabs(this.workspace));
    this.#further = further;
    this.#restoreTyped(typed?.("draft") ?? null);
    this.#restored = true;
    // The link was followed before the page came back.
    if (link !== null && own !== null) return;
    if (link !== null) await follow(this, link);
    // What a start is measured by.
    requestAnimationFrame(() => performance.mark("usable"));
    if (!sample) return;
    if (this.info.value?.empty) await this.importSample();
    else if (!this.settings.sampleHidden) this.settings.showSampleStrip(this.workspace);
  }

  /** File of the workspace: what is remembered for it alone goes by this. */
  get workspace(): string {
    return this.info.value?.path ?? "";
  }

  /** Whether the way through the sample is shown. */
  get sampleStrip(): boolean {
    return this.settings.sampleStrip === this.workspace && this.workspace !== "";
  }

  async readInfo(): Promise<void> {
    await this.info.read(() => this.host.rpc("workspace_info", {}));
    this.settings.use(this.workspace);
  }

  #changed(topic: string, id: string): void {
    if (topic === "take") this.tabs.all.forEach((tab) => tab.bench.takeChanged(id));
    else if (topic === "job") void this.jobs.read();
    else void this.look();
  }

  /** Looks whether anything changed, by whatever process, and reads again what is shown. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const { data_version } = await this.host.rpc("workspace_changes", {});
      const before = this.#dataVersion;
      this.#dataVersion = data_version;
      if (before !== null && before !== data_version) await this.#readAgain();
    } catch (thrown) {
      this.info.error = RpcError.from(thrown);
    } finally {
      this.#looking = false;
    }
  }

  async #readAgain(): Promise<void> {
    const wasEmpty = this.search.total === 0;
    for (const tab of this.tabs.all) tab.outdated = tab !== this.tabs.active || tab.view !== "traces";
    await Promise.all([
      this.readInfo(),
      this.search.refresh(this.reading && !wasEmpty),
      this.jobs.read(),
      this.library.readLedger(),
      this.view === "sources" ? this.library.readSources() : null,
      this.view === "metrics" ? this.metrics.read() : null,
      this.view === "prompts" ? this.library.readPromptsAgain() : null,
      this.view === "runs" ? this.library.readRuns() : null,
      this.trace.traceId !== null && this.view === "traces" ? this.trace.open(this.trace.traceId, null, true) : null,
    ]);
  }

  // Places

  get view(): View {
    return this.tabs.active.view;
  }

  /** The trace takes the whole window. */
  get full(): boolean {
    return this.tabs.active.full;
  }

  set full(full: boolean) {
    this.tabs.active.full = full;
  }

  /** The trace of the tab that is looked at. */
  get trace(): Trace {
    return this.tabs.active.trace;
  }

  /** The workbench of the tab that is looked at. */
  get bench(): Bench {
    return this.tabs.active.bench;
  }

  /** The workbench that runs something, in whichever tab. */
  get runningBench(): Bench | undefined {
    return this.tabs.all.find((tab) => tab.bench.running)?.bench;
  }

  /** Goes to a view, so that Back comes back. */
  go(view: View, full = false): void {
    // It was about what the other view did.
    if (this.tabs.active.go(view, full)) this.library.error = null;
  }

  get canBack(): boolean {
    return this.tabs.active.canBack;
  }

  get canForward(): boolean {
    return this.tabs.active.canForward;
  }

  back(): boolean {
    return this.tabs.active.back() && this.#listed();
  }

  forward(): boolean {
    return this.tabs.active.forward() && this.#listed();
  }

  /** The list marks what is looked at again. */
  #listed(): boolean {
    const { traceId } = this.trace;
    if (traceId !== null && traceId !== this.search.activeRow?.trace_id) this.search.goTo(traceId);
    return true;
  }

  /** Shows a trace beside the list, or over the whole window. */
  async openTrace(traceId: string, spanId: string | null = null, full = this.full): Promise<void> {
    await this.tabs.active.openTrace(traceId, spanId, full);
  }

  /** Opens a trace in a tab of its own; behind this one it is read when it is looked at. */
  openTraceTab(traceId: string, spanId: string | null, title: string, behind = false): OpenTab {
    return this.tabs.open((tab) => {
      tab.full = true;
      tab.called = title;
      tab.later(() => tab.trace.open(traceId, spanId));
    }, behind);
  }

  openRunTab(runId: string, behind = false): OpenTab {
    return this.tabs.open((tab) => {
      tab.view = "replay";
      tab.later(() => tab.bench.openRun(runId));
    }, behind);
  }

  /** Keeps the tabs for the next start, once those of the last one are there. */
  keepTabs(): void {
    const kept = this.tabs.kept;
    const alone = this.tabs.all.length < 2;
    if (!this.#restored) return;
    const { workspace } = this;
    this.#late.put("tabs", () => {
      this.session.set("tabs", kept);
      // A new start begins at the list, unless several tabs were open.
      if (!this.#further) this.settings.setTabs(workspace, alone ? null : kept);
    });
  }

  /** Keeps what is being typed, for a page that comes back after its process ended. */
  keepTyped(): void {
    const typed = { query: this.search.query, draft: this.search.draft };
    const drafts = new Map(this.library.drafts);
    const sheet = this.promote?.written === null ? this.promote : null;
    if (sheet?.touched) drafts.set(draftOf(sheet.id), sheet.draft);
    const promote = sheet && { id: sheet.id, title: sheet.title, set: sheet.filled.set, reason: sheet.filled.reason, draft: sheet.draft };
    if (!this.#restored) return;
    const { workspace } = this;
    this.#late.put("typed", () => {
      this.session.set("search", typed);
      // Over a start of the window too: a draft is work, and closing asks nothing.
      this.settings.setDrafts(workspace, [...drafts]);
      this.session.set("promote", promote);
    });
  }

  #restoreTyped(draft: string | null): void {
    if (draft !== null) this.search.draft = draft;
    for (const [key, text] of this.settings.drafts(this.workspace)) this.library.drafts.set(key, text);
    const sheet = this.session.texts("promote");
    if (sheet === null) return;
    const { workspace } = this;
    this.promote = new Promote(this.host, sheet("id"), sheet("title"), { set: sheet("set"), workspace, reason: sheet("reason") }, sheet("draft"));
  }

  /** Gives the whole width back to the list. */
  closeTrace(): boolean {
    if (this.trace.traceId === null) return false;
    this.search.active = null;
    this.full = false;
    this.trace.close();
    return true;
  }

  /** The trace, from anywhere that only knows its id; the list is asked for it when it is empty of it. */
  async searchFor(query: string): Promise<void> {
    this.go("traces");
    await this.search.open(query);
  }

  // Replay and promote

  /** Opens the bench on the marked traces, or on the call that is selected. */
  async replay(): Promise<boolean> {
    const calls = await targets(this);
    if (calls.length === 0) return false;
    this.go("replay");
    await this.bench.open(calls);
    return true;
  }

  /** Sets the recorded answers of the marked traces side by side. */
  async compareMarked(inTab = false): Promise<boolean> {
    if (this.search.marked.size < 2) return false;
    const calls = await targets(this);
    if (calls.length < 2) return false;
    if (inTab) this.tabs.open((tab) => (tab.view = "replay"));
    else this.go("replay");
    const bench = this.bench;
    return this.act(() => bench.openRecorded(calls.slice(0, 4)));
  }

  /** Opens the bench on a request that was pasted. */
  async openRequest(text: string): Promise<void> {
    this.go("replay");
    await this.bench.openRequest(text);
  }

  async openRun(runId: string): Promise<void> {
    this.go("replay");
    await this.bench.openRun(runId);
  }

  /** Opens the sheet on a call or a take of a trace: what was found wrong with the trace is why. */
  async openPromote(id: string, title: string, traceId: string | null): Promise<void> {
    const { workspace } = this;
    const reason = traceId === this.trace.traceId ? this.trace.findings.slice(0, 2).map(({ message }) => oneLine(message)).join(" ") : "";
    const set = this.settings.lastSet(workspace) || (await this.library.firstGolden());
    this.promote = new Promote(this.host, id, title, { set, workspace, reason }, this.library.drafts.get(draftOf(id)));
  }

  /** Puts the sheet away; what was typed in it and not written comes back with it. */
  closePromote(discard = false): void {
    const sheet = this.promote;
    this.promote = null;
    if (sheet === null) return;
    if (discard || sheet.written !== null || !sheet.touched) this.library.drafts.delete(draftOf(sheet.id));
    else {
      this.library.drafts.set(draftOf(sheet.id), sheet.draft);
      this.say({ text: "What you wrote for this case is kept", kind: "done", action: { title: "Discard", run: () => this.library.drafts.delete(draftOf(sheet.id)) } });
    }
  }

  // Workspaces and views

  async readRecent(): Promise<void> {
    await this.act(async () => (this.recent = await this.host.recentWorkspaces()));
  }

  /** Writes a copy of the workspace to a file that the user names. */
  async copyWorkspace(): Promise<void> {
    await this.act(async () => {
      const { path } = await this.host.rpc("workspace_copy", {});
      if (path !== null) this.say({ text: `Copied to ${path}`, kind: "done", action: { title: "Copy the path", run: () => void this.copy(path) } });
    });
  }

  /** Asks a kept query, with the columns that it was kept with. */
  async openSaved(query: string): Promise<void> {
    const view = this.settings.saved.find((one) => one.query === query);
    if (view) this.settings.useColumns(view.columns);
    await this.searchFor(query);
  }

  // Import

  async importPaths(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    await this.#job(() => this.host.rpc("import_start", { paths: [...paths] }), paths);
  }

  /** Imports a log with a mapping, and shows what it brought. */
  async importMapped(path: string, map: string): Promise<void> {
    if (await this.#job(() => this.host.rpc("import_start", { paths: [path], map }))) this.sources = "batches";
  }

  /** Shows where a log of any form is mapped: with this file, or with one that the user names. */
  mapFile(path: string | null = null): void {
    this.go("sources");
    this.sources = "mapping";
    this.overlay = null;
    if (path === null) void this.mapping.pick();
    else void this.mapping.open(path);
    if (path !== null) this.imports.read(path);
  }

  async importText(text: string): Promise<void> {
    if (text.trim()) await this.#job(() => this.host.rpc("import_text", { text }));
  }

  async pickImport(what: "files" | "folder"): Promise<void> {
    await this.act(async () => {
      const { paths } = await this.host.rpc("pick", { what });
      await this.importPaths(paths);
    });
  }

  async importSample(): Promise<void> {
    if (await this.#job(() => this.host.rpc("sample_open", {}))) {
      this.settings.showSampleStrip(this.workspace);
      await this.search.open(SAMPLE_QUERY);
    }
  }

  async #job(start: () => Promise<{ job_id: string }>, given: readonly string[] = []): Promise<boolean> {
    return this.act(async () => {
      const { job_id } = await start();
      this.imports.follow(job_id, given);
    });
  }

  #jobEnded(job: Job): void {
    void this.look();
    if (this.view === "sources") void this.library.readSources();
    if (job.kind === "import") void this.imports.ended(job);
  }

  // Small things

  say(notice: Notice): void {
    this.notices.say(notice);
  }

  /** Ends the program; while something runs it is asked once before. */
  quit(): void {
    if (this.overlay !== "quit" && (this.jobs.active.length > 0 || this.runningBench)) this.overlay = "quit";
    else void this.act(() => this.host.quit());
  }

  /** Shows everything at so many per cent. */
  async zoom(percent: number): Promise<void> {
    this.settings.setZoom(percent);
    await this.act(() => this.host.zoom(percent / 100));
  }

  /** The next larger or smaller zoom; `false` at the ends. */
  zoomBy(step: 1 | -1): boolean {
    const next = step === 1 ? ZOOMS.find((zoom) => zoom > this.settings.zoom) : ZOOMS.findLast((zoom) => zoom < this.settings.zoom);
    if (next === undefined) return false;
    void this.zoom(next);
    return true;
  }

  async copy(text: string, what = "Copied"): Promise<void> {
    if (await this.act(() => this.host.copy(text))) this.say({ text: what, kind: "done", action: null });
  }

  /** Does something and keeps its error where the window shows it. */
  async act(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      this.error = null;
      return true;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
      return false;
    }
  }
}
