/// Keys of the keyboard as words: `Ctrl+K`, `Shift+P`, `g t` (one after the other). One way to write them everywhere.

/** The part of a keyboard event that matters. */
export interface KeyPress {
  key: string;
  /** Place on the keyboard. */
  code?: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const NAMES: Record<string, string> = { " ": "Space", ArrowUp: "Up", ArrowDown: "Down", ArrowLeft: "Left", ArrowRight: "Right", Esc: "Escape" };

/** The word of a press; `null` for a modifier alone. */
export function keyOf(press: KeyPress): string | null {
  if (["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"].includes(press.key)) return null;
  // WebKitGTK has no name for Tab while Shift is held.
  const key = press.key === "Unidentified" && press.code === "Tab" ? "Tab" : press.key;
  const name = NAMES[key] ?? key;
  const letter = /^\p{L}$/u.test(name);
  const parts: string[] = [];
  if (press.ctrlKey || press.metaKey) parts.push("Ctrl");
  if (press.altKey) parts.push("Alt");
  // A sign such as `?` already needed Shift; only letters and named keys tell it apart.
  if (press.shiftKey && (letter || name.length > 1)) parts.push("Shift");
  parts.push(letter ? (parts.length > 0 ? name.toUpperCase() : name.toLowerCase()) : name);
  return parts.join("+");
}

/** What is pressed after what, within a second. */
export class KeySequence {
  #first: string | null = null;
  #at = 0;

  /** Candidates for this press, the longer first. */
  press(key: string, nowMs: number): string[] {
    const pair = this.#first !== null && nowMs - this.#at < 1000 ? `${this.#first} ${key}` : null;
    this.#first = key;
    this.#at = nowMs;
    return pair ? [pair, key] : [key];
  }

  clear(): void {
    this.#first = null;
  }
}

/** Keys that belong to the page itself: they move the focus, or lead one level out. */
const RESERVED = ["Tab", "Shift+Tab", "Escape", "Enter", "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+A", "Ctrl+Z", "F5", "Ctrl+R"];

/** Whether a command may have the key. */
export function isFree(key: string): boolean {
  return !RESERVED.includes(key);
}

/** Whether a field takes the key as text, or as a step in its text. */
export function writesText(key: string): boolean {
  return !/^(Ctrl|Alt)\+/.test(key) && !/^(Shift\+)?F\d+$/.test(key) && key !== "Escape";
}

/** Whether pressing one key means that the other cannot be reached, or both mean the same. */
export function collides(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b} `) || b.startsWith(`${a} `);
}
