/// Edits of a query as text. The language itself lives in the core; this only adds and removes terms.

/** A value as the query language takes it: quoted when it holds more than a plain word. */
export function quoteValue(value: string): string {
  return /^[\p{L}\p{N}_.@/*+-]+$/u.test(value) && !value.startsWith("-") ? value : `"${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;
}

export function term(field: string, value: string, exclude = false): string {
  return `${exclude ? "-" : ""}${field}:${quoteValue(value)}`;
}

/** Adds a term, or takes it away when it is there; its opposite is replaced. */
export function toggleTerm(query: string, field: string, value: string, exclude = false): string {
  const wanted = term(field, value, exclude);
  const opposite = term(field, value, !exclude);
  const parts = split(query);
  const without = parts.filter((part) => part !== wanted && part !== opposite);
  if (parts.includes(wanted)) return without.join(" ");
  return [...without, wanted].join(" ");
}

/** The query in this time only, in ms since the epoch: whatever time it named is replaced. */
export function within(query: string, from: number, to: number): string {
  return [anytime(query), `time:${new Date(from).toISOString()}..${new Date(to).toISOString()}`].filter(Boolean).join(" ");
}

/** The query without the time that it names. */
export function anytime(query: string): string {
  return split(query).filter((part) => !part.startsWith("time:")).join(" ");
}

export function hasTerm(query: string, field: string, value: string, exclude = false): boolean {
  return split(query).includes(term(field, value, exclude));
}

/** Terms at the top level: split at spaces outside of quotes and parentheses. */
export function split(query: string): string[] {
  const parts: string[] = [];
  let current = "";
  let quoted = false;
  let depth = 0;
  for (let i = 0; i < query.length; i += 1) {
    const letter = query[i] ?? "";
    if (quoted && letter === "\\") {
      current += letter + (query[i + 1] ?? "");
      i += 1;
      continue;
    }
    if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === "(") depth += 1;
    else if (!quoted && letter === ")") depth -= 1;
    if (/\s/.test(letter) && !quoted && depth <= 0) {
      if (current) parts.push(current);
      current = "";
    } else current += letter;
  }
  if (current) parts.push(current);
  return parts;
}
