/// A variant as it is edited in the window, and as the core takes it.
import type { LossView, MessageEdit, MessageView } from "$bindings/rpc";

export interface Variant {
  /** Stays the same while the variant is edited. */
  key: number;
  name: string;
  /** Empty fields are as in the original call. */
  connection: string;
  provider: string;
  baseUrl: string;
  model: string;
  /** `name@version` or `name@label`. */
  prompt: string;
  temperature: string;
  topP: string;
  maxTokens: string;
  seed: string;
  drop: readonly string[];
  /** Order of documents, when it was changed. */
  order: readonly string[];
  /** Edited messages by their index. */
  messages: Readonly<Record<number, string>>;
}

/** Reads a variant that was kept; what is not of its shape is as in an empty one. */
export function readVariant(value: unknown, key: number): Variant | null {
  if (typeof value !== "object" || value === null) return null;
  const text = (name: string) => {
    const field: unknown = Reflect.get(value, name);
    return typeof field === "string" ? field : "";
  };
  const list = (name: string) => {
    const field: unknown = Reflect.get(value, name);
    return Array.isArray(field) ? field.filter((item) => typeof item === "string") : [];
  };
  const messages: unknown = Reflect.get(value, "messages");
  const edits = typeof messages === "object" && messages !== null ? Object.entries(messages).flatMap(([at, edited]: [string, unknown]): [number, string][] => (typeof edited === "string" ? [[Number(at), edited]] : [])) : [];
  return {
    key,
    name: text("name"),
    connection: text("connection"),
    provider: text("provider"),
    baseUrl: text("baseUrl"),
    model: text("model"),
    prompt: text("prompt"),
    temperature: text("temperature"),
    topP: text("topP"),
    maxTokens: text("maxTokens"),
    seed: text("seed"),
    drop: list("drop"),
    order: list("order"),
    messages: Object.fromEntries(edits),
  };
}

/** Names of columns, from A. */
export function letter(index: number): string {
  return String.fromCharCode(65 + (index % 26));
}

export function emptyVariant(key: number): Variant {
  return { key, name: "", connection: "", provider: "", baseUrl: "", model: "", prompt: "", temperature: "", topP: "", maxTokens: "", seed: "", drop: [], order: [], messages: {} };
}

/** Quotes a value of a SPEC where it holds more than a plain word. */
function quote(value: string): string {
  return /^[\w.@:/+-]*$/.test(value) ? value : `'${value.replace(/'/g, "''")}'`;
}

/** The SPEC as the command line would have it. */
export function specOf(variant: Variant): string {
  const pairs: string[] = [];
  const add = (key: string, value: string) => {
    if (value.trim()) pairs.push(`${key}=${quote(value.trim())}`);
  };
  if (variant.connection) add("connection", variant.connection);
  else {
    add("provider", variant.provider);
    add("base-url", variant.baseUrl);
  }
  add("model", variant.model);
  add("prompt", variant.prompt);
  add("temperature", variant.temperature);
  add("top-p", variant.topP);
  add("max-tokens", variant.maxTokens);
  add("seed", variant.seed);
  for (const id of variant.drop) add("drop-doc", id);
  if (variant.order.length > 0) add("order-docs", variant.order.join(";"));
  return pairs.length > 0 ? pairs.join(",") : "original";
}

/** Longer names are cut: the card has the whole. */
const NAME_CHARS = 80;

/** The name that a take is known by ever after: its own, or its letter and what it changes. */
export function nameOf(variant: Variant, letter: string): string {
  const bare = new Set(["connection", "provider", "base URL", "model", "edited"]);
  const changes = differences(variant).map(({ field, value }) => (field === "edited" ? `${value} edited` : bare.has(field) ? value : `${field} ${value}`));
  return variant.name.trim() || [...`${letter} ${changes.length > 0 ? changes.join(", ") : "as recorded"}`].slice(0, NAME_CHARS).join("");
}

/** As the core takes it; `letter` names a variant without a name of its own. */
export function variantInput(variant: Variant, letter: string) {
  const edits: MessageEdit[] = Object.entries(variant.messages).map(([at, text]) => ({ index: Number(at), text }));
  return { name: nameOf(variant, letter), spec: specOf(variant), messages: edits, params: {} };
}

/** Where a variant is sent and to which model, in words. */
export function goesTo(variant: Variant): string {
  const where = variant.connection || [variant.provider, variant.baseUrl].filter(Boolean).join(" at ");
  const named = [where, variant.model].map((word) => word.trim()).filter(Boolean);
  return named.length > 0 ? `with ${named.join(", ")}` : "as recorded";
}

/** What differs from the original, in words. */
export function differences(variant: Variant): { field: string; value: string }[] {
  const out: { field: string; value: string }[] = [];
  const add = (field: string, value: string) => {
    if (value.trim()) out.push({ field, value: value.trim() });
  };
  add("connection", variant.connection);
  if (!variant.connection) {
    add("provider", variant.provider);
    add("base URL", variant.baseUrl);
  }
  add("model", variant.model);
  add("prompt", variant.prompt);
  add("temperature", variant.temperature);
  add("top p", variant.topP);
  add("max tokens", variant.maxTokens);
  add("seed", variant.seed);
  add("without", variant.drop.join(", "));
  add("order", variant.order.join(", "));
  const edited = Object.keys(variant.messages).length;
  if (edited > 0) add("edited", edited === 1 ? "1 message" : `${edited} messages`);
  return out;
}

/** Text of a message, as it is edited. */
export function messageText(message: MessageView): string {
  return message.parts.flatMap((part) => (part.type === "text" ? [part.text ?? ""] : [])).join("\n");
}

/** Only a text that was recorded can be edited. */
export function isEditable(message: MessageView): boolean {
  return message.parts.some((part) => part.type === "text") && message.content_state === "present";
}

/** The edits with another text of one message; the original text is no edit. */
export function withMessage(variant: Variant, at: number, text: string, original: string): Record<number, string> {
  const rest = Object.fromEntries(Object.entries(variant.messages).filter(([index]) => Number(index) !== at));
  return text === original ? rest : { ...rest, [at]: text };
}

/** Losses with the same reason as one, with every path. */
export function lossesByReason(losses: readonly LossView[]): { what: string; why: string; paths: string[] }[] {
  const out = new Map<string, { what: string; why: string; paths: string[] }>();
  for (const { path, what, why } of losses) {
    const known = out.get(`${what}\n${why}`) ?? { what, why, paths: [] };
    if (!known.paths.includes(path)) known.paths.push(path);
    out.set(`${what}\n${why}`, known);
  }
  return [...out.values()];
}
