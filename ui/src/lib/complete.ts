/// Completion of a YAML file from its JSON Schema (2020-12): keys of the map that the cursor stands in, values of an enum.
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";

type Json = Record<string, unknown>;

const isMap = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** A place in the file: keys from the root, `null` for an entry of a list. */
export type Path = readonly (string | null)[];

const LINE = /^(\s*)((?:- +)*)(?:([\w.$-]+) *:)?/;

/** A line: where its first word stands, where its dash does, and its key. */
function shape(text: string) {
  const [, indent = "", dashes = "", key] = LINE.exec(text) ?? [];
  return { column: indent.length + dashes.length, dash: dashes ? indent.length : null, key: key ?? null };
}

/** Path of the map that a line stands in, by indentation, with the keys that the map has and what its `type:` says. */
export function placeAt(lines: readonly string[], at: number): { path: Path; type: string | null; keys: ReadonlySet<string> } {
  const path: (string | null)[] = [];
  const keys = new Set<string>();
  let type: string | null = null;
  const see = (text: string) => {
    const { key } = shape(text);
    if (key === null) return;
    keys.add(key);
    if (key === "type") type = text.slice(text.indexOf(":") + 1).trim().replace(/^["']|["']$/g, "") || null;
  };
  const isText = (text: string) => text.trim() !== "" && !text.trim().startsWith("#");
  const own = shape(lines[at] ?? "").column;
  // Lines below belong to the same map until one stands further left, or begins the next entry.
  for (const text of lines.slice(at + 1).filter(isText)) {
    const { column, dash } = shape(text);
    if (column < own || (dash !== null && dash < own)) break;
    if (column === own) see(text);
  }
  let column = own;
  // The dash of the entry that the line itself begins.
  let dash = shape(lines[at] ?? "").dash;
  let same = dash === null;
  if (dash !== null) path.unshift(null);
  for (const text of lines.slice(0, at).reverse().filter(isText)) {
    const line = shape(text);
    if (dash !== null) {
      // Entries before are passed over; the list's key may stand in the dash's own column.
      if (line.dash === null && line.key !== null && line.column <= dash) {
        path.unshift(line.key);
        column = line.column;
        dash = null;
      }
    } else if (line.column === column) {
      if (same) see(text);
      if (line.dash !== null) {
        path.unshift(null);
        dash = line.dash;
        same = false;
      }
    } else if (line.column < column && line.key !== null) {
      path.unshift(line.key);
      same = false;
      column = line.column;
      if (line.dash !== null) {
        path.unshift(null);
        dash = line.dash;
      }
    }
  }
  return { path, type, keys };
}

/** The alternatives of a schema, references followed. */
function alternatives(root: Json, schema: unknown, depth = 0): Json[] {
  if (!isMap(schema) || depth > 8) return [];
  const reference = schema["$ref"];
  if (typeof reference === "string" && reference.startsWith("#/")) {
    let target: unknown = root;
    for (const word of reference.slice(2).split("/")) target = isMap(target) ? target[word] : undefined;
    return alternatives(root, target, depth + 1);
  }
  const nested = ["oneOf", "anyOf", "allOf"].flatMap((word) => (Array.isArray(schema[word]) ? schema[word] : []));
  return [...(nested.length === 0 || schema["properties"] ? [schema] : []), ...nested.flatMap((one) => alternatives(root, one, depth + 1))];
}

/** The schemas that a path leads to: alternatives are kept apart. */
function schemasAt(root: Json, path: Path): Json[] {
  let now = alternatives(root, root);
  for (const step of path) now = now.flatMap((schema) => alternatives(root, step === null ? schema["items"] : propertiesOf(schema)[step]));
  return now;
}

function propertiesOf(schema: Json): Json {
  const properties = schema["properties"];
  return isMap(properties) ? properties : {};
}

function words(schema: Json): string[] {
  const list: unknown[] = Array.isArray(schema["enum"]) ? schema["enum"] : "const" in schema ? [schema["const"]] : schema["type"] === "boolean" ? [true, false] : [];
  return list.filter((word) => word !== null).map(String);
}

/** What fits at a place: keys that are not there yet, or the values of `key`. */
export function fitting(root: Json, lines: readonly string[], at: number, key: string | null): Completion[] {
  const { path, type, keys } = placeAt(lines, at);
  const maps = schemasAt(root, path);
  const typed = maps.filter((schema) => type !== null && alternatives(root, propertiesOf(schema)["type"]).some((own) => words(own).includes(type)));
  const out = new Map<string, Completion>();
  const add = (label: string, completion: Partial<Completion>, info: unknown) => out.set(label, { label, ...completion, ...(typeof info === "string" ? { info } : {}) });
  for (const schema of typed.length > 0 && key !== "type" ? typed : maps) {
    const properties = propertiesOf(schema);
    if (key === null) {
      for (const [name, value] of Object.entries(properties)) if (!keys.has(name)) add(name, { apply: `${name}: `, type: "property" }, isMap(value) ? value["description"] : null);
      continue;
    }
    for (const value of alternatives(root, properties[key])) for (const word of words(value)) add(word, { type: "enum" }, (key === "type" ? schema : value)["description"]);
  }
  return [...out.values()];
}

/** Completes from a schema. */
export function completeFrom(schema: unknown): CompletionSource | null {
  if (!isMap(schema)) return null;
  return (context: CompletionContext): CompletionResult | null => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const lines = context.state.doc.toString().split("\n");
    const value = /^(?:\s*(?:- +)*)([\w.$-]+): +([\w-]*)$/.exec(before);
    if (value) return { from: context.pos - (value[2] ?? "").length, options: fitting(schema, lines, line.number - 1, value[1] ?? "") };
    const key = /^(?:\s*(?:- +)*)([\w.$-]*)$/.exec(before);
    if (!key || (!context.explicit && !key[1])) return null;
    return { from: context.pos - (key[1] ?? "").length, options: fitting(schema, lines, line.number - 1, null) };
  };
}
