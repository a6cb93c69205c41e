/// What is typed and looked at, kept for as long as the window is open: a page whose process ended comes back as it was.

/** Small values by name. What cannot be kept (there is a limit) is as if it had never been typed; nothing else depends on it. */
export class Session {
  get(name: string): unknown {
    try {
      return JSON.parse(sessionStorage.getItem(`retake:${name}`) ?? "null");
    } catch {
      return null;
    }
  }

  set(name: string, value: unknown): void {
    try {
      if (value === null) sessionStorage.removeItem(`retake:${name}`);
      else sessionStorage.setItem(`retake:${name}`, JSON.stringify(value));
    } catch {
      // Full: what was kept before stays, which is better than nothing.
    }
  }

  /** Texts of an object that was kept, by name; the others are empty. */
  texts<N extends string>(name: string, fields: readonly N[]): Record<N, string> | null {
    const value = this.get(name);
    if (typeof value !== "object" || value === null) return null;
    const out: Partial<Record<N, string>> = {};
    for (const field of fields) {
      const text: unknown = Reflect.get(value, field);
      out[field] = typeof text === "string" ? text : "";
    }
    return { ...blank(fields), ...out };
  }
}

function blank<N extends string>(fields: readonly N[]): Record<N, string> {
  const out = Object.fromEntries(fields.map((field) => [field, ""]));
  const has = (value: Record<string, string>): value is Record<N, string> => fields.every((field) => field in value);
  if (!has(out)) throw new Error("each field was set above");
  return out;
}
