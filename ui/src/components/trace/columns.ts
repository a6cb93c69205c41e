/// Columns of the list: title, width, the field that sorts and filters them, and what stands in them.
import type { Row } from "$bindings/rpc";
import { compact, duration, time, usdInColumn, UNKNOWN, type TimeMode } from "$lib/format";
import type { Column, Widths } from "$state/settings.svelte";

export interface ColumnInfo {
  title: string;
  /** As CSS grid takes it. */
  width: string;
  /** Pixels below which it is of no use. */
  least: number;
  numeric: boolean;
  /** Field of the query language that sorts the list. */
  sort: string | null;
  /** Field of the query language that the value belongs to. */
  filter: string | null;
}

export const COLUMN_INFO: Record<Column, ColumnInfo> = {
  time: { title: "time", width: "116px", least: 116, numeric: true, sort: "time", filter: null },
  tenant: { title: "tenant", width: "minmax(56px, 88px)", least: 64, numeric: false, sort: "tenant", filter: "tenant" },
  question: { title: "question → answer", width: "minmax(140px, 1fr)", least: 150, numeric: false, sort: null, filter: null },
  name: { title: "name", width: "minmax(80px, 140px)", least: 80, numeric: false, sort: "name", filter: "name" },
  feature: { title: "feature", width: "minmax(80px, 130px)", least: 80, numeric: false, sort: "feature", filter: "feature" },
  model: { title: "model", width: "minmax(80px, 150px)", least: 80, numeric: false, sort: "model", filter: "model" },
  prompt: { title: "prompt", width: "minmax(80px, 130px)", least: 80, numeric: false, sort: "prompt", filter: "prompt" },
  user: { title: "user", width: "minmax(72px, 110px)", least: 72, numeric: false, sort: "user", filter: "user" },
  flags: { title: "flags", width: "54px", least: 50, numeric: false, sort: null, filter: null },
  tokens: { title: "tok", width: "58px", least: 56, numeric: true, sort: "tokens", filter: null },
  cost: { title: "$", width: "94px", least: 92, numeric: true, sort: "cost", filter: null },
  latency: { title: "latency", width: "72px", least: 68, numeric: true, sort: "latency", filter: null },
};

/** What goes first when there is no room for all. */
const DISPENSABLE: readonly Column[] = ["user", "prompt", "model", "feature", "name", "tokens", "cost", "tenant", "latency", "flags", "time"];

/** Narrowest and widest that a column can be made. */
export const NARROWEST = 40;
export const WIDEST = 640;
/** The marks before the columns, and the scroll bar after them. */
const BESIDE = 34;

const leastOf = (column: Column, widths: Widths) => widths[column] ?? COLUMN_INFO[column].least;

/** Pixels that are left over when each column is as narrow as it may be; all of them go to the question. */
export function slack(columns: readonly Column[], widths: Widths, width: number): number {
  return width - columns.reduce((sum, column) => sum + leastOf(column, widths), BESIDE);
}

/** What the question should have before the columns that only measure have any: some forty characters. */
const COMFORTABLE = 300;
/** Columns that a row is known by: they go only where the question would become a slit. */
const KNOWN_BY: readonly Column[] = ["flags", "time"];

/** The columns that have room, in their order. The question comes first: it is what a row is read for. */
export function fitting(columns: readonly Column[], width: number, widths: Widths = {}): readonly Column[] {
  let left = [...columns];
  for (const column of DISPENSABLE) {
    const wanted = KNOWN_BY.includes(column) ? COLUMN_INFO.question.least : COMFORTABLE;
    if (width <= 0 || slack(left, widths, width) >= wanted - leastOf("question", widths)) break;
    left = left.filter((other) => other !== column);
  }
  return left;
}

/** The widths of the columns as CSS grid takes them; the question takes what is left. */
export function templateOf(columns: readonly Column[], widths: Widths): string {
  const track = (column: Column) => (column === "question" || widths[column] === undefined ? COLUMN_INFO[column].width : `${widths[column]}px`);
  return `20px ${columns.map(track).join(" ")}`;
}

/** Width that a column may be given here: no other one loses its place to it. */
export function allowed(column: Column, wanted: number, columns: readonly Column[], widths: Widths, width: number): number {
  const room = leastOf(column, widths) + Math.max(0, slack(columns, widths, width));
  return Math.max(NARROWEST, Math.min(wanted, WIDEST, Math.max(room, NARROWEST)));
}

/** Text of a cell; question and flags are drawn by the row itself. */
export function cellText(row: Row, column: Column, mode: TimeMode, nowMs: number): string {
  switch (column) {
    case "time":
      return time(row.start_ns, mode, nowMs);
    case "tokens":
      return row.input_tokens === null && row.output_tokens === null ? UNKNOWN : compact((row.input_tokens ?? 0) + (row.output_tokens ?? 0));
    case "cost":
      return usdInColumn(row.cost_usd_nanos);
    case "latency":
      return duration(row.duration_ms);
    case "question":
    case "flags":
      return "";
    default:
      return row[column] ?? UNKNOWN;
  }
}

/** The value that a cell filters by. */
export function cellValue(row: Row, column: Column): string | null {
  switch (column) {
    case "tenant":
    case "feature":
    case "model":
    case "prompt":
    case "user":
    case "name":
      return row[column];
    default:
      return null;
  }
}

/** What a flag means, in words. */
export function flagWords(flag: string): string {
  const words: Record<string, string> = {
    leak: "a document or row of another tenant",
    tool_without_audit: "a tool ran and no audit event tells of it",
    denied_but_executed: "a call that was denied ran all the same",
  };
  return words[flag] ?? flag.replace(/_/g, " ");
}

/** Flags that are findings, not traits of the trace. */
export function isFinding(flag: string): boolean {
  return flag === "leak" || flag === "tool_without_audit" || flag === "denied_but_executed";
}
