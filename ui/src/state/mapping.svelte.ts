/// A mapping of a log under way: the columns of the file, which field takes which, and what that makes of its first records.
/// It stays while other views are looked at. What is kept beside a field is asked for once the hands rest.
import type { MappingColumn, MappingDraft, MappingPreview, MappingSample, MappingTarget } from "$bindings/rpc";
import { RpcError, type Platform } from "$platform/types";
import { Loaded } from "./loaded.svelte";

export type MappingKind = "traces" | "audit";

/** Chosen in place of a column: the field is the same in every record. */
export const STATED = "\u0000stated";

/** Code of a mapping that cannot be used, as one that leaves out what is needed. */
const INSUFFICIENT = "RTK-I024";

const GROUPS: readonly string[] = ["time", "message", "what", "who", "model", "usage", "identity", "tool"];

export class Mapping {
  path = $state("");
  readonly sample = new Loaded<MappingSample>();
  readonly preview = new Loaded<MappingPreview>();
  draft = $state.raw<MappingDraft | null>(null);
  /** Fields whose value is stated, be it empty so far. */
  stated = $state.raw<ReadonlySet<string>>(new Set());
  saveAs = $state("");
  /** Where it was kept last, and as what. */
  saved = $state.raw<{ path: string; text: string } | null>(null);
  error = $state.raw<RpcError | null>(null);
  writing = $state(false);
  /** Something was chosen: what is not enough yet is a mistake only from then on. */
  touched = $state(false);

  readonly #host: Platform;
  /** What was made for the other kind of log, to come back to. */
  #other: MappingDraft | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: Platform) {
    this.#host = host;
  }

  get kind(): MappingKind {
    return this.draft?.kind === "audit" ? "audit" : "traces";
  }

  get columns(): readonly MappingColumn[] {
    return this.sample.value?.columns ?? [];
  }

  /** Fields of this kind of log by group, what is asked for first on top. */
  get groups(): readonly { name: string; targets: MappingTarget[] }[] {
    const groups: { name: string; targets: MappingTarget[] }[] = [];
    for (const target of this.sample.value?.targets ?? []) {
      if (!target.kinds.includes(this.kind)) continue;
      const group = groups.find((other) => other.name === target.group);
      if (group) group.targets.push(target);
      else groups.push({ name: target.group, targets: [target] });
    }
    const place = (name: string) => GROUPS.findIndex((group) => group === name);
    return groups.sort((a, b) => place(a.name) - place(b.name));
  }

  /** Whether what is shown is what was kept. */
  get isSaved(): boolean {
    return this.saved !== null && this.saved.path === this.saveAs.trim() && this.saved.text === this.preview.value?.text;
  }

  /** The mapping does not suffice, and nobody has begun to say more: that is a beginning and no error. */
  get isBeginning(): boolean {
    return !this.touched && this.preview.error?.code === INSUFFICIENT;
  }

  /** Fields of the preview: those that a choice was made for first, in the order of the fields at the left; then what came by itself. */
  get shownFields(): readonly string[] {
    const fields = this.preview.value?.fields ?? [];
    const chosen = [...Object.keys(this.draft?.fields ?? {}), ...Object.keys(this.draft?.values ?? {})];
    const order = this.groups.flatMap((group) => group.targets.map((target) => target.name));
    const place = (name: string) => (chosen.includes(name) ? order.indexOf(name) : order.length + fields.indexOf(name));
    return [...fields].sort((a, b) => place(a) - place(b));
  }

  /** Records that are understood without a complaint. */
  get clean(): number {
    return this.preview.value?.rows.filter((row) => row.understood && row.warnings.length === 0).length ?? 0;
  }

  /** Looks into a file that was chosen, and begins with the proposal for it. */
  async open(path: string): Promise<void> {
    if (this.path === path && this.draft !== null) return;
    this.close();
    this.path = path;
    const sample = await this.sample.read(() => this.#host.rpc("mapping_sample", { path }));
    if (sample) {
      this.saveAs = sample.save_as;
      this.#begin(sample.draft);
    }
  }

  async pick(): Promise<boolean> {
    try {
      const { paths } = await this.#host.rpc("pick", { what: "files" });
      if (!paths[0]) return false;
      await this.open(paths[0]);
      return true;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
      return false;
    }
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.path = "";
    this.sample.clear();
    this.preview.clear();
    this.draft = null;
    this.stated = new Set();
    this.saved = null;
    this.error = null;
    this.#other = null;
  }

  #begin(draft: MappingDraft): void {
    this.draft = draft;
    this.stated = new Set(Object.keys(draft.values));
    this.touched = false;
    this.previewSoon(0);
  }

  /** Looks at the file as the other kind of log; what was made for this one is there when one comes back. */
  async setKind(kind: MappingKind): Promise<void> {
    const { draft, path } = this;
    if (draft === null || kind === this.kind) return;
    const other = this.#other;
    this.#other = draft;
    if (other) return this.#begin(other);
    const sample = await this.sample.read(() => this.#host.rpc("mapping_sample", { path, kind, delimiter: draft.delimiter }));
    if (sample) this.#begin(sample.draft);
  }

  /** Cuts a table another way; `null` leaves it to the core. */
  async setDelimiter(delimiter: string | null): Promise<void> {
    const { draft, path, kind } = this;
    if (draft === null) return;
    const sample = await this.sample.read(() => this.#host.rpc("mapping_sample", { path, kind, delimiter }));
    this.#other = null;
    // With other columns what was chosen has no meaning.
    if (sample) this.#begin({ ...sample.draft, delimiter });
  }

  /** What a field takes: a column, [`STATED`] or nothing. */
  choice(field: string): string {
    return this.stated.has(field) ? STATED : (this.draft?.fields[field] ?? "");
  }

  value(field: string): string {
    return this.draft?.values[field] ?? "";
  }

  choose(field: string, choice: string): void {
    if (this.draft === null) return;
    const isColumn = choice !== "" && choice !== STATED;
    this.touched = true;
    this.stated = new Set([...this.stated].filter((other) => other !== field).concat(choice === STATED ? [field] : []));
    this.draft = {
      ...this.draft,
      fields: { ...without(this.draft.fields, field), ...(isColumn ? { [field]: choice } : {}) },
      values: without(this.draft.values, field),
    };
    this.previewSoon();
  }

  state(field: string, value: string): void {
    if (this.draft === null) return;
    this.touched = true;
    this.draft = { ...this.draft, values: { ...this.draft.values, [field]: value } };
    this.previewSoon(400);
  }

  /** What stands before the decimals of written numbers. */
  setDecimal(decimal: string): void {
    if (this.draft === null) return;
    this.touched = true;
    this.draft = { ...this.draft, decimal: decimal || null };
    this.previewSoon(0);
  }

  setTime(form: { format?: string; zone?: string }): void {
    if (this.draft === null) return;
    this.touched = true;
    this.draft = {
      ...this.draft,
      ...(form.format === undefined ? {} : { time_format: form.format.trim() || null }),
      ...(form.zone === undefined ? {} : { time_zone: form.zone.trim() || null }),
    };
    this.previewSoon(400);
  }

  /** Shows what the mapping makes of the first records, once the hands rest. */
  previewSoon(delayMs = 150): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { draft, path } = this;
      if (draft !== null) void this.preview.read(() => this.#host.rpc("mapping_preview", { path, draft }));
    }, delayMs);
  }

  async pickFolder(): Promise<void> {
    try {
      const { paths } = await this.#host.rpc("pick", { what: "folder" });
      const name = this.saveAs.split(/[/\\]/).at(-1) || "log.map.yaml";
      if (paths[0]) this.saveAs = `${paths[0]}/${name}`;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
    }
  }

  /** Keeps it as a file; over a mapping that is there only when asked to, or when it is the one that was just kept. */
  async save(replace = false): Promise<boolean> {
    const { draft } = this;
    if (this.writing || draft === null || !this.saveAs.trim()) return false;
    this.writing = true;
    this.error = null;
    try {
      const own = this.saved?.path === this.saveAs.trim();
      const saved = await this.#host.rpc("mapping_save", { path: this.saveAs.trim(), draft, replace: replace || own });
      this.saved = saved;
      this.saveAs = saved.path;
      return true;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
      return false;
    } finally {
      this.writing = false;
    }
  }

  /** The file to import: of a member the archive that it is in. */
  get source(): string {
    return this.path.split("!")[0] ?? this.path;
  }
}

function without(map: Readonly<Record<string, string>>, key: string): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter(([other]) => other !== key));
}
