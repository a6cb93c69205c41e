/// Numbers, times and money as people read them. Unknown is "—", never 0.

/** What stands where nothing is known. */
export const UNKNOWN = "—";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function count(n: number | null | undefined): string {
  return n === null || n === undefined ? UNKNOWN : whole.format(n);
}

/** 1,284 stays; from a hundred thousand on 412 k, 1.02 M. */
export function compact(n: number | null | undefined): string {
  if (n === null || n === undefined) return UNKNOWN;
  if (n < 100_000) return whole.format(n);
  if (n < 1_000_000) return `${whole.format(Math.floor(n / 1000))} k`;
  return `${(Math.floor(n / 10_000) / 100).toFixed(2)} M`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${whole.format(n)} ${n === 1 ? one : many}`;
}

/** Milliseconds as 0.4 ms, 84 ms, 2.2 s, 1 m 04 s, 2 h 05 m. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  const size = Math.abs(ms);
  const sign = ms < 0 ? "−" : "";
  if (size < 10) return `${sign}${trim(size, 1)} ms`;
  if (size < 999.5) return `${sign}${whole.format(size)} ms`;
  if (size < 9_995) return `${sign}${trim(size / 1000, 2)} s`;
  if (size < 59_950) return `${sign}${trim(size / 1000, 1)} s`;
  const seconds = Math.round(size / 1000);
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  return `${sign}${Math.floor(seconds / 3600)} h ${pad(Math.floor((seconds % 3600) / 60))} m`;
}

/** Nano-dollars as dollars with as many places as the size asks for: of what is little, two digits that count. */
export function usd(nanos: number | null | undefined): string {
  if (nanos === null || nanos === undefined) return UNKNOWN;
  const dollars = nanos / 1e9;
  const size = Math.abs(dollars);
  const sign = dollars < 0 ? "−" : "";
  if (size === 0) return "$0";
  const places = size >= 1 ? 2 : Math.min(9, Math.max(3, 1 - Math.floor(Math.log10(size))));
  return `${sign}$${size.toFixed(places)}`;
}

/** Places that a column of money has room for. */
const MONEY_PLACES = 6;

/** Money for a column that is set to the right: spaces as wide as digits put the points below each other. */
export function usdInColumn(nanos: number | null | undefined): string {
  const text = usd(nanos);
  const places = text.includes(".") ? text.length - text.indexOf(".") - 1 : -1;
  if (text === UNKNOWN) return text;
  return `${text}${places < 0 ? "\u2008" : ""}${"\u2007".repeat(Math.max(0, MONEY_PLACES - Math.max(0, places)))}`;
}

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return UNKNOWN;
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = n / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${trim(value, value < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}

/** So many of a unit, and of how many: 2 of 5 calls, 1.2 MB of 4 MB. The unit is named in its plural. */
export function amount(n: number, unit: string, of: number | null = null): string {
  if (unit === "bytes") return of === null ? bytes(n) : `${bytes(n)} of ${bytes(of)}`;
  const last = of ?? n;
  return `${of === null ? "" : `${count(n)} of `}${plural(last, unit.replace(/s$/, ""), unit)}`;
}

/** A share of 1 in per cent. */
export function percent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return UNKNOWN;
  const size = Math.abs(ratio) * 100;
  // What is little is not nothing, and what is nearly all is not all.
  if (size > 0 && size < 0.01) return ratio < 0 ? "> −0.01 %" : "< 0.01 %";
  if (size > 99 && size < 100) return `${trim(Math.floor(ratio * 1000) / 10, 1)} %`;
  return `${size > 0 && size < 9.95 ? trim(ratio * 100, size < 1 ? 2 : 1) : Math.round(ratio * 100)} %`;
}

/** A signed difference: +1, −84, ±0. */
export function signed(n: number | null | undefined, show: (n: number) => string): string {
  if (n === null || n === undefined) return UNKNOWN;
  if (n === 0) return "±0";
  return n > 0 ? `+${show(n)}` : `−${show(-n)}`;
}

export type TimeMode = "local" | "utc" | "relative";

/** Nanoseconds since the epoch, as milliseconds. Sub-microsecond digits are lost, which no clock on screen shows. */
export function msOf(ns: string | null | undefined): number | null {
  if (ns === null || ns === undefined) return null;
  return Number(BigInt(ns) / 1000n) / 1000;
}

/** From `a` to `b` in milliseconds, exact before it is rounded. */
export function msBetween(a: string | null | undefined, b: string | null | undefined): number | null {
  if (a === null || a === undefined || b === null || b === undefined) return null;
  // Times of one trace differ in their last digits only, and those a number holds exactly: no large integers are made then.
  const near = a.length === b.length && a.length > 15 && a.slice(0, -15) === b.slice(0, -15) && a[0] !== "-";
  return (near ? Number(b.slice(-15)) - Number(a.slice(-15)) : Number(BigInt(b) - BigInt(a))) / 1e6;
}

/** Clock time for today, date and time otherwise; or how long ago. `nowMs` is passed in. */
export function time(ns: string | null | undefined, mode: TimeMode, nowMs: number): string {
  const ms = msOf(ns);
  if (ms === null) return UNKNOWN;
  if (mode === "relative") return ago(nowMs - ms);
  const zone = mode === "utc" ? "UTC" : undefined;
  const clock = clockOf(ms, zone);
  const day = dayOf(ms, zone);
  if (day === dayOf(nowMs, zone) && yearOf(ms, zone) === yearOf(nowMs, zone)) return clock;
  // A year is said where it is another one.
  return yearOf(ms, zone) === yearOf(nowMs, zone) ? `${day} ${clock}` : `${day} ${yearOf(ms, zone)} ${clock.slice(0, 5)}`;
}

/** Date, time with milliseconds, and zone. */
export function fullTime(ns: string | null | undefined, mode: TimeMode): string {
  const ms = msOf(ns);
  if (ms === null) return UNKNOWN;
  const zone = mode === "utc" ? "UTC" : undefined;
  const fraction = String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, "0");
  return `${dayOf(ms, zone)} ${yearOf(ms, zone)} ${clockOf(ms, zone)}.${fraction}${mode === "utc" ? " UTC" : ""}`;
}

/** A way to write a part of a time; making one is dear, and a list writes hundreds. */
function writer(options: Intl.DateTimeFormatOptions): (ms: number, zone: string | undefined) => string {
  const made = new Map<string | undefined, Intl.DateTimeFormat>();
  return (ms, zone) => {
    const format = made.get(zone) ?? new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
    made.set(zone, format);
    return format.format(ms);
  };
}

const yearOf = writer({ year: "numeric" });
const clockOf = writer({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayOf = writer({ day: "2-digit", month: "short" });

/** How long ago, or how far ahead. */
export function ago(ms: number): string {
  const size = Math.abs(ms) / 1000;
  const words = size < 45 ? `${Math.round(size)} s` : size < 2700 ? `${Math.round(size / 60)} min` : size < 79_200 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86_400)} d`;
  return ms >= 0 ? `${words} ago` : `in ${words}`;
}

/** An id short enough for a line: its ends. */
export function shortId(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 6)}…${id.slice(-4)}`;
}

/** A path beside a file: of another name in its folder. */
export function besideOf(path: string, name: string): string {
  return path.slice(0, path.length - fileName(path).length) + name;
}

/** Last part of a path. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).filter(Boolean).at(-1) ?? path;
}

function trim(value: number, places: number): string {
  return value.toFixed(places).replace(/\.?0+$/, "");
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}
