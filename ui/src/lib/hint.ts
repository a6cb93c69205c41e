/// Hints of the core, which write what is typed or named between backticks, as its documents do.

/** A hint in parts: words, and what stands for itself, as a command or a field. A backtick without a second one is a letter. */
export function hintParts(hint: string): { text: string; literal: boolean }[] {
  return hint.split(/`([^`]+)`/).flatMap((text, at) => (text === "" ? [] : [{ text, literal: at % 2 === 1 }]));
}
