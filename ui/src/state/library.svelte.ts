/// What the workspace keeps beside traces: batches, connections and keys, policy, prompts, runs, golden sets.
/// Each is read when its view is opened and after what changes it.
import type { Batches, CaseRead, Check, Connections, ConnectTest, Doctor, Formats, GoldenSets, Kept, Ledger, PolicyView, Pricing, PromptDetail, PromptDiff, Prompts, Runs, Secrets, Undone } from "$bindings/rpc";
import { RpcError, type Platform } from "$platform/types";
import { SvelteMap } from "svelte/reactivity";
import { Loaded } from "./loaded.svelte";

export class Library {
  readonly batches = new Loaded<Batches>();
  readonly formats = new Loaded<Formats>();
  readonly connections = new Loaded<Connections>();
  readonly secrets = new Loaded<Secrets>();
  readonly policy = new Loaded<PolicyView>();
  readonly pricing = new Loaded<Pricing>();
  readonly prompts = new Loaded<Prompts>();
  readonly prompt = new Loaded<PromptDetail>();
  readonly promptDiff = new Loaded<PromptDiff>();
  readonly runs = new Loaded<Runs>();
  readonly golden = new Loaded<GoldenSets>();
  /** The case that is looked at, as people read it. */
  readonly case = new Loaded<CaseRead>();
  /** Golden case that is looked at. */
  chosen = $state.raw<{ set: string; id: string } | null>(null);
  readonly ledger = new Loaded<Ledger>();
  readonly doctor = new Loaded<Doctor>();
  /** Last check of each set, by its folder. */
  readonly checks = new SvelteMap<string, Loaded<Check>>();
  /** Records of each import that could not be read, by the batch's id. */
  readonly kept = new SvelteMap<string, Loaded<Kept>>();
  /** Last test of each connection, by its name. */
  readonly tests = new SvelteMap<string, Loaded<ConnectTest>>();
  /** What is being written and was not kept yet, by what it is a text of: it stays while other views are looked at. */
  readonly drafts = new SvelteMap<string, string>();
  /** JSON Schemas of files that people write, by name. */
  readonly forms = new SvelteMap<string, unknown>();
  undone = $state.raw<Undone | null>(null);
  /** Error of the last change. */
  error = $state.raw<RpcError | null>(null);

  readonly #host: Platform;

  constructor(host: Platform) {
    this.#host = host;
  }

  async readSources(): Promise<void> {
    await Promise.all([
      this.readBatches(),
      this.connections.read(() => this.#host.rpc("connections_list", {})),
      this.secrets.read(() => this.#host.rpc("secrets_list", {})),
      this.policy.read(() => this.#host.rpc("policy_get", {})),
      this.formats.read(() => this.#host.rpc("formats", {})),
    ]);
  }

  async readBatches(): Promise<void> {
    await this.batches.read(() => this.#host.rpc("batches_list", {}));
  }

  async readPrompts(): Promise<void> {
    await this.prompts.read(() => this.#host.rpc("prompts_list", {}));
  }

  /** Reads the prompts and the one that is looked at: labels may have moved elsewhere. */
  async readPromptsAgain(): Promise<void> {
    await this.readPrompts();
    const name = this.prompt.value?.name ?? this.prompts.value?.prompts[0]?.name;
    if (name !== undefined) await this.readPrompt(name);
  }

  async readPrompt(name: string): Promise<void> {
    if (this.prompt.value?.name !== name) this.promptDiff.clear();
    await this.prompt.read(() => this.#host.rpc("prompt_show", { name }));
  }

  async diffPrompt(name: string, a: number, b: number): Promise<void> {
    await this.promptDiff.read(() => this.#host.rpc("prompt_diff", { name, a: String(a), b: String(b) }));
  }

  async readRuns(): Promise<void> {
    await this.runs.read(() => this.#host.rpc("runs_list", {}));
  }

  async readGolden(): Promise<void> {
    await this.golden.read(() => this.#host.rpc("golden_list", {}));
  }

  /** Folder of the first golden set of the workspace; empty when it has none. */
  async firstGolden(): Promise<string> {
    if (this.golden.value === null) await this.readGolden();
    return this.golden.value?.sets[0]?.path ?? "";
  }

  /** Looks at the golden case of a file. */
  chooseFile(path: string): void {
    for (const set of this.golden.value?.sets ?? []) for (const item of set.cases) if (item.path === path) this.chosen = { set: set.path, id: item.case_id };
  }

  async readLedger(): Promise<void> {
    await this.ledger.read(() => this.#host.rpc("egress_ledger", {}));
  }

  /** Does a change and keeps its error; `true` when it was done. */
  async change(work: () => Promise<unknown>): Promise<boolean> {
    this.error = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
      return false;
    }
  }

  async undoBatch(batchId: string): Promise<boolean> {
    return this.change(async () => {
      this.undone = await this.#host.rpc("batch_undo", { id: batchId });
      await this.readBatches();
    });
  }

  /** Reads the next records of an import that could not be read. */
  async readKept(batchId: string): Promise<void> {
    const kept = this.kept.get(batchId) ?? new Loaded<Kept>();
    this.kept.set(batchId, kept);
    const before = kept.value?.records ?? [];
    await kept.read(async () => {
      const next = await this.#host.rpc("batch_kept", { id: batchId, from: before.length, limit: null });
      return { ...next, records: [...before, ...next.records] };
    });
  }

  checkOf(path: string): Loaded<Check> {
    const known = this.checks.get(path);
    if (known) return known;
    const check = new Loaded<Check>();
    this.checks.set(path, check);
    return check;
  }

  async runCheck(path: string): Promise<void> {
    await this.checkOf(path).read(() => this.#host.rpc("check", { sets: [path] }));
  }

  /** Takes the results of a set as those that a later check compares with. */
  async acceptBaseline(path: string): Promise<boolean> {
    return this.change(async () => {
      const check = await this.#host.rpc("check", { sets: [path], update_baseline: true });
      await this.checkOf(path).read(async () => check);
      await this.readGolden();
    });
  }

  /** A text that is to be a case, as people read it. */
  async readCase(text: string): Promise<void> {
    await this.case.read(() => this.#host.rpc("case_parse", { text }));
  }

  async saveCase(set: string, caseId: string, text: string): Promise<boolean> {
    return this.change(async () => {
      const check = await this.#host.rpc("case_save", { set, case_id: caseId, text });
      await this.checkOf(set).read(async () => check);
      await this.readGolden();
    });
  }

  /** What is wrong with a text that is to be a case. */
  async caseProblems(text: string): Promise<{ line: number; column: number; message: string }[]> {
    const { errors } = await this.#host.rpc("case_parse", { text });
    return errors.map(({ line, column, message }) => ({ line: line ?? 1, column: column ?? 1, message }));
  }

  /** Reads the form of a file once: `case`, `policy` … */
  async readForm(name: string): Promise<void> {
    if (this.forms.has(name)) return;
    const form = await this.#host.rpc("file_form", { name }).catch(() => null);
    // Without it the editor works and completes nothing.
    this.forms.set(name, form?.schema ?? {});
  }

  async addGolden(path: string): Promise<boolean> {
    return this.change(() => this.golden.read(() => this.#host.rpc("golden_add", { path })));
  }

  async addConnection(name: string, kind: string, baseUrl: string): Promise<boolean> {
    return this.change(async () => {
      const connections = await this.#host.rpc("connection_add", { name, kind, base_url: baseUrl });
      await this.connections.read(async () => connections);
    });
  }

  async removeConnection(name: string): Promise<boolean> {
    return this.change(async () => {
      const connections = await this.#host.rpc("connection_remove", { name });
      await this.connections.read(async () => connections);
    });
  }

  async testConnection(name: string, allow: readonly string[]): Promise<void> {
    const test = this.tests.get(name) ?? new Loaded<ConnectTest>();
    this.tests.set(name, test);
    await test.read(() => this.#host.rpc("connection_test", { name, allow_destinations: [...allow] }));
    await this.readLedger();
  }

  async setKey(name: string, key: string): Promise<boolean> {
    return this.change(async () => {
      const secrets = await this.#host.rpc("secret_set", { name, key });
      await this.secrets.read(async () => secrets);
      await this.connections.read(() => this.#host.rpc("connections_list", {}));
    });
  }

  async removeKey(name: string): Promise<boolean> {
    return this.change(async () => {
      const secrets = await this.#host.rpc("secret_remove", { name });
      await this.secrets.read(async () => secrets);
      await this.connections.read(() => this.#host.rpc("connections_list", {}));
    });
  }

  async setPolicy(text: string): Promise<boolean> {
    return this.change(async () => {
      const policy = text.trim() ? await this.#host.rpc("policy_set", { text }) : await this.#host.rpc("policy_clear", {});
      await this.policy.read(async () => policy);
    });
  }

  async newPrompt(name: string, text: string): Promise<boolean> {
    return this.change(async () => {
      await this.#host.rpc("prompt_new", { name, text });
      await this.readPrompts();
      await this.readPrompt(name);
    });
  }

  async moveLabel(name: string, label: string, at: string | null): Promise<boolean> {
    return this.change(async () => {
      const prompt = await this.#host.rpc("prompt_label", { name, label, at });
      await this.prompt.read(async () => prompt);
      await this.readPrompts();
    });
  }
}
