/// A JSON value as rows of a tree that can be folded. Paths are JSON pointers.

/** One visible row. */
export interface JsonRow {
  path: string;
  depth: number;
  /** Key in an object or index in an array; `null` for the root. */
  key: string | null;
  kind: "object" | "array" | "string" | "number" | "boolean" | "null";
  /** Text of a scalar; `null` for containers. */
  text: string | null;
  /** Number of members of a container. */
  size: number;
  open: boolean;
}

/** Depth from which the tree ends in a row that says so: deeper is for the raw text. */
const DEEPEST = 200;

function kindOf(value: unknown): JsonRow["kind"] {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "object":
      return "object";
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    default:
      return "string";
  }
}

function entries(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.map((item, i) => [String(i), item]);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** Whether a container is open: as the user left it, else by its depth. */
export type IsOpen = (path: string, depth: number) => boolean;

/** The visible rows, top down. */
export function jsonRows(value: unknown, isOpen: IsOpen): JsonRow[] {
  const rows: JsonRow[] = [];
  const walk = (item: unknown, path: string, key: string | null, depth: number) => {
    const kind = kindOf(item);
    if (kind !== "object" && kind !== "array") {
      rows.push({ path, depth, key, kind, text: item === undefined ? "null" : String(item), size: 0, open: false });
      return;
    }
    const members = entries(item);
    const open = members.length > 0 && depth < DEEPEST && isOpen(path, depth);
    rows.push({ path, depth, key, kind, text: null, size: members.length, open });
    if (!open) return;
    for (const [name, member] of members) walk(member, `${path}/${escapePointer(name)}`, name, depth + 1);
  };
  walk(value, "", null, 0);
  return rows;
}

function escapePointer(name: string): string {
  return name.replace(/~/g, "~0").replace(/\//g, "~1");
}

/** Parses text that may be JSON: an object or array, else `null`. Larger than 1 MB stays text. */
export function parseJson(text: string | null | undefined): object | null {
  if (!text || text.length > 1_000_000) return null;
  const first = text.trimStart()[0];
  if (first !== "{" && first !== "[") return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** An answer that is JSON: the whole text, or the one fenced block that it holds. */
export function jsonAnswer(text: string): object | null {
  const parts = text.split("```");
  if (parts.length !== 3) return parseJson(text);
  return parseJson((parts[1] ?? "").replace(/^[\w+-]*\s*\n/u, ""));
}

/** The value as text, two spaces a level. */
export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "null";
}
