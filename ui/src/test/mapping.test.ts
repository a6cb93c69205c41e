/// Mapping a log of any form: its columns, what they make of the first records, keeping and importing it.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MappingDraft, MappingPreview, MappingSample } from "$bindings/rpc";
import { RpcError } from "$platform/types";
import { STATED } from "$state/mapping.svelte";
import { find, openPage, press, settle, violations, type Page } from "./page";

const draft: MappingDraft = { kind: "traces", delimiter: null, decimal: null, time_format: null, time_zone: null, fields: { time: "asked", input: "question" }, values: {}, decisions: {} };

const target = (name: string, group: string, kinds: string[], need = "optional") => ({ name, about: `what ${name} is`, group, kinds, need });

const sample: MappingSample = {
  path: "/logs/chat.csv",
  form: "csv",
  delimiter: ";",
  records: 3,
  columns: [
    { path: "asked", filled: 3, looks: "time", examples: ["2026-11-04 08:06:22"] },
    { path: "question", filled: 3, looks: "text", examples: ["<img src=x> how long?"] },
    { path: "said", filled: 1, looks: "text", examples: ["Two years."] },
  ],
  targets: [target("time", "time", ["traces", "audit"], "required"), target("actor", "who", ["audit"], "one_of"), target("input", "message", ["traces"], "one_of"), target("output", "message", ["traces"], "one_of"), target("environment", "who", ["traces"])],
  draft,
  text: "kind: traces\n",
  save_as: "/logs/chat.map.yaml",
};

const made = (of: MappingDraft): MappingPreview => ({
  path: sample.path,
  kind: of.kind,
  format: "mapped-traces",
  fields: ["time", "input", ...(of.fields["output"] ? ["output"] : [])],
  rows: [
    { line: 2, byte_offset: 20, understood: true, cells: [{ field: "input", value: "<img src=x> how long?" }], warnings: [], record: "" },
    { line: 3, byte_offset: 60, understood: true, cells: [], warnings: [{ code: "RTK-I022", message: '"asked" holds "soon"' }], record: "" },
    { line: 4, byte_offset: 90, understood: false, cells: [], warnings: [{ code: "RTK-I010", message: "no record" }], record: "<b>raw</b>" },
  ],
  warnings: [],
  missing: [],
  more: true,
  text: JSON.stringify(of),
});

let page: Page;
const calls = (name: string) => page.host.calls.filter((call) => call.name === name).map((call) => call.request);

/** Waits out the hands' rest before a preview. */
async function rest() {
  await new Promise((done) => setTimeout(done, 450));
  await settle();
}

function select(name: string): HTMLSelectElement {
  const label = [...document.querySelectorAll("label")].find((node) => node.textContent.trim().startsWith(name));
  const found = document.getElementById(label?.htmlFor ?? "");
  if (!(found instanceof HTMLSelectElement)) throw new Error(`no field ${name}`);
  return found;
}

async function choose(name: string, value: string) {
  const field = select(name);
  field.focus();
  await settle();
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  await rest();
}

beforeEach(async () => {
  localStorage.clear();
  page = await openPage();
  page.host
    .answer("pick", () => ({ paths: [sample.path] }))
    .answer("mapping_sample", ({ kind }) => (kind ? { ...sample, draft: { ...draft, kind, fields: {} } } : sample))
    .answer("mapping_preview", ({ draft: of }) => made({ ...draft, ...of }))
    .answer("mapping_save", ({ path, draft: of }) => ({ path, text: JSON.stringify({ ...draft, ...of }) }))
    .answer("import_start", () => ({ job_id: "job-map" }));
});
afterEach(() => page.close());

describe("mapping a file", () => {
  async function open() {
    await press("Ctrl+Shift+M");
    await settle();
    await rest();
  }

  it("says what it is for before a file is chosen, also when that fails", async () => {
    page.app.go("sources");
    page.app.sources = "mapping";
    await settle();
    expect(document.body.textContent).toContain("A log of your own form");
    expect(await violations()).toEqual([]);
    page.host.answer("mapping_sample", () => {
      throw new RpcError("RTK-I002", "/logs/chat.csv: the file is empty", "Name a table.");
    });
    await page.app.mapping.pick();
    await settle();
    expect(find('[role="alert"]').textContent).toContain("RTK-I002");
    expect(await violations()).toEqual([]);
  });

  it("shows the proposal with its first records, and text of others as text", async () => {
    await open();
    expect(select("time").value).toBe("asked");
    expect(find("table[aria-label='First records']").textContent).toContain("RTK-I022");
    expect(find("[role=status]", "without a complaint").textContent).toContain("1 of 3");
    expect(document.querySelector("img, td b")).toBeNull();
    expect(await violations()).toEqual([]);
  });

  it("says what to do before anything was chosen, and what is wrong only from then on", async () => {
    page.host.answer("mapping_sample", () => ({ ...sample, draft: { ...draft, fields: {} } }));
    page.host.answer("mapping_preview", () => {
      throw new RpcError("RTK-I024", "no column is the time");
    });
    await open();
    expect(document.querySelector('[role="alert"]')).toBeNull();
    expect(document.body.textContent).toContain("Say at the left which column is what");
    await choose("output", "said");
    expect(find('[role="alert"]').textContent).toContain("no column is the time");
  });

  it("shows the chosen columns before those that came by themselves", async () => {
    page.host.answer("mapping_preview", ({ draft: of }) => ({ ...made({ ...draft, ...of }), fields: ["environment", "output", "time", "input"] }));
    await open();
    expect([...document.querySelectorAll("table[aria-label='First records'] th")].map((head) => head.textContent)).toEqual(["line", "time", "input", "environment", "output"]);
  });

  it("asks for another file when one is mapped already", async () => {
    await open();
    page.host.answer("pick", () => ({ paths: ["/logs/other.csv"] }));
    find("button.button", "Map a file").click();
    await settle();
    expect(page.app.mapping.path).toBe("/logs/other.csv");
  });

  it("fills the list of a field when it is looked at, and shows what a choice makes", async () => {
    await open();
    expect(select("output").options).toHaveLength(2);
    await choose("output", "said");
    expect(calls("mapping_preview").at(-1)).toEqual({ path: sample.path, draft: { ...draft, fields: { ...draft.fields, output: "said" } } });
    expect(find("table[aria-label='First records'] thead").textContent).toContain("output");
    await choose("environment", STATED);
    const value = find("input", "environment in every record");
    if (!(value instanceof HTMLInputElement)) throw new Error("no field for the value");
    value.value = "production";
    value.dispatchEvent(new Event("input", { bubbles: true }));
    await rest();
    expect(calls("mapping_preview").at(-1)).toMatchObject({ draft: { values: { environment: "production" } } });
    expect(await violations()).toEqual([]);
  });

  it("changes the kind of log and comes back to what was made", async () => {
    await open();
    await choose("output", "said");
    await page.app.mapping.setKind("audit");
    await rest();
    expect(select("actor").value).toBe("");
    await page.app.mapping.setKind("traces");
    await rest();
    expect(select("output").value).toBe("said");
  });

  it("keeps the mapping, asks before it replaces one, and imports with it", async () => {
    await open();
    page.host.answer("mapping_save", ({ path, replace, draft: of }) => {
      if (!replace) throw new RpcError("RTK-I029", "a mapping stands in it", "Choose another name.");
      return { path, text: JSON.stringify({ ...draft, ...of }) };
    });
    find("button", "Keep the mapping").click();
    await settle();
    expect(find('[role="alert"]').textContent).toContain("RTK-I029");
    expect(await violations()).toEqual([]);
    find("button", "Replace the mapping").click();
    await settle();
    expect(page.app.mapping.isSaved).toBe(true);
    find("button", "Import the file").click();
    await settle();
    expect(calls("import_start").at(-1)).toEqual({ paths: [sample.path], map: sample.save_as });
  });

  it("stays while another view is looked at", async () => {
    await open();
    await choose("output", "said");
    page.app.go("traces");
    await settle();
    page.app.go("sources");
    await settle();
    expect(select("output").value).toBe("said");
  });

  it("is offered where an import understood nothing", async () => {
    page.host.answer("job_list", () => ({ jobs: [{ job_id: "job-map", kind: "import", title: "import chat.csv", state: "failed", started_ns: "1", ended_ns: "2", progress: { done: null, total: null, unit: "bytes", records: null, rate: null, left_ms: null }, result: { code: "RTK-I002", message: "nothing was understood", hint: null } }] }));
    await page.app.importPaths([sample.path]);
    await settle();
    find("button", "Map it").click();
    await settle();
    expect(page.app.sources).toBe("mapping");
    expect(page.app.mapping.path).toBe(sample.path);
  });
});
