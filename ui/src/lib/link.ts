/// Links into the window: `retake://trace/ID#SPAN`, `retake://run/ID`, `retake://prompt/NAME`, `retake://search/QUERY`, and
/// `retake://metrics` or another view. What comes from outside names a place and no more: it does nothing there.
import { VIEWS, type View } from "./views";

export type Link =
  | { to: "trace"; traceId: string; spanId: string | null; tab?: string }
  | { to: "run"; runId: string }
  | { to: "prompt"; name: string }
  | { to: "search"; query: string }
  | { to: "view"; view: View };

const SCHEME = "retake://";

/** Longest link that is read. */
const MOST = 8_192;

/** Whether the text means to be a link of ours. */
export function looksLikeLink(text: string): boolean {
  return text.trim().toLowerCase().startsWith(SCHEME);
}

/** Reads a link; `null` when it leads nowhere. */
export function readLink(text: string): Link | null {
  const trimmed = text.trim();
  if (!looksLikeLink(trimmed) || trimmed.length > MOST) return null;
  const [path = "", fragment = ""] = split(trimmed.slice(SCHEME.length), "#");
  const [place = "", query = ""] = split(path, "?");
  const [kind = "", rest = ""] = split(place.replace(/\/$/, ""), "/");
  const tab = new URLSearchParams(query).get("tab");
  const value = decoded(rest);
  const spanId = decoded(fragment);
  if (value === null || spanId === null) return null;
  const to = kind.toLowerCase();
  const view = VIEWS.find((one) => one === to);
  if (value === "") return view ? { to: "view", view } : null;
  if (to === "trace") return { to, traceId: value, spanId: spanId || null, ...(tab ? { tab } : {}) };
  if (to === "run") return { to, runId: value };
  if (to === "prompt") return { to, name: value };
  if (to === "search") return { to, query: value };
  return null;
}

/** Writes a link. */
export function writeLink(link: Link): string {
  switch (link.to) {
    case "trace":
      return `${SCHEME}trace/${encodeURIComponent(link.traceId)}${link.tab === undefined ? "" : `?tab=${encodeURIComponent(link.tab)}`}${link.spanId === null ? "" : `#${encodeURIComponent(link.spanId)}`}`;
    case "run":
      return `${SCHEME}run/${encodeURIComponent(link.runId)}`;
    case "prompt":
      return `${SCHEME}prompt/${encodeURIComponent(link.name)}`;
    case "search":
      return `${SCHEME}search/${encodeURIComponent(link.query)}`;
    case "view":
      return `${SCHEME}${link.view}`;
  }
}

/** What a page is opened with, after the `#` of its address. */
export interface Opening {
  /** Begin with the sample. */
  sample: boolean;
  /** Place to begin at. */
  link: string | null;
  /** The window is a further one: it neither restores nor keeps the tabs of the first. */
  further: boolean;
}

/** Reads the fragment that the host opened the page with: `sample`, `link=…`, `further`, joined by `&`. */
export function readOpening(fragment: string): Opening {
  const parts = new URLSearchParams(fragment.replace(/^#/, ""));
  return { sample: parts.has("sample"), link: parts.get("link"), further: parts.has("further") };
}

function split(text: string, at: string): [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ""] : [text.slice(0, i), text.slice(i + 1)];
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
