/// Columns of the list: title, width, the field that sorts and filters them, and what stands in them.
import type { Row } from "$bindings/rpc";
import { compact, duration, time, usd, UNKNOWN, type TimeMode } from "$lib/format";
import type { Column } from "$state/settings.svelte";

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
  tenant: { title: "tenant", width: "minmax(56px, 88px)", least: 64, numeric: false, sort: null, filter: "tenant" },
  question: { title: "question → answer", width: "minmax(140px, 1fr)", least: 150, numeric: false, sort: null, filter: null },
  name: { title: "name", width: "minmax(80px, 140px)", least: 80, numeric: false, sort: null, filter: "name" },
  feature: { title: "feature", width: "minmax(80px, 130px)", least: 80, numeric: false, sort: null, filter: "feature" },
  model: { title: "model", width: "minmax(80px, 150px)", least: 80, numeric: false, sort: null, filter: "model" },
  prompt: { title: "prompt", width: "minmax(80px, 130px)", least: 80, numeric: false, sort: null, filter: "prompt" },
  user: { title: "user", width: "minmax(72px, 110px)", least: 72, numeric: false, sort: null, filter: "user" },
  flags: { title: "flags", width: "54px", least: 50, numeric: false, sort: null, filter: null },
  tokens: { title: "tok", width: "58px", least: 56, numeric: true, sort: "tokens", filter: null },
  cost: { title: "$", width: "66px", least: 64, numeric: true, sort: "cost", filter: null },
  latency: { title: "latency", width: "72px", least: 68, numeric: true, sort: "latency", filter: null },
};

/** What goes first when there is no room for all. */
const DISPENSABLE: readonly Column[] = ["user", "prompt", "model", "feature", "name", "tokens", "cost", "tenant", "latency", "flags", "time"];

/** The columns that have room, in their order. */
export function fitting(columns: readonly Column[], width: number): readonly Column[] {
  let left = [...columns];
  const needed = () => left.reduce((sum, column) => sum + COLUMN_INFO[column].least, 34);
  for (const column of DISPENSABLE) {
    if (width <= 0 || needed() <= width) break;
    left = left.filter((other) => other !== column);
  }
  return left;
}

/** Text of a cell; question and flags are drawn by the row itself. */
export function cellText(row: Row, column: Column, mode: TimeMode, nowMs: number): string {
  switch (column) {
    case "time":
      return time(row.start_ns, mode, nowMs);
    case "tokens":
      return row.input_tokens === null && row.output_tokens === null ? UNKNOWN : compact((row.input_tokens ?? 0) + (row.output_tokens ?? 0));
    case "cost":
      return usd(row.cost_usd_nanos);
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
