/// What a pasted text is: a request that can be sent, or records to import. Only a guess at where it goes; the core reads it.

export type Pasted = "request" | "records";

/** A curl command, or the JSON body of a request without its answer, is a request. */
export function pastedAs(text: string): Pasted {
  const trimmed = text.trim();
  if (/^(?:\$\s*)?curl(?:\.exe)?\s/.test(trimmed)) return "request";
  if (!trimmed.startsWith("{")) return "records";
  try {
    const body: unknown = JSON.parse(trimmed);
    if (typeof body !== "object" || body === null || !("model" in body)) return "records";
    const asks = "messages" in body || "prompt" in body || "input" in body;
    const answered = "choices" in body || "output" in body || "response" in body || "usage" in body;
    return asks && !answered ? "request" : "records";
  } catch {
    return "records";
  }
}

/** Whether keys and pastes belong to a text that is being edited, in a shadow root too. */
export function inTextField(event: Event): boolean {
  return isTextField(event.composedPath()[0] ?? event.target);
}

/** Whether what has the focus is a text that is being edited. */
export function focusInTextField(): boolean {
  let focus = document.activeElement;
  while (focus?.shadowRoot?.activeElement) focus = focus.shadowRoot.activeElement;
  return isTextField(focus);
}

function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button", "submit", "color", "file"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Whether a file is by its name one of records that a mapping may explain: a table or JSON, packed or not. */
export function mayBeMapped(path: string): boolean {
  return /\.(csv|tsv|txt|json|jsonl|ndjson|log)(\.(gz|zst))?$/i.test(path);
}
