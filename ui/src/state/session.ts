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

  /** What reads the texts of an object that was kept, by name. */
  texts(name: string): ((field: string) => string) | null {
    return textsOf(this.get(name));
  }
}

/** What reads the texts of an object by name; a missing one is empty. */
export function textsOf(value: unknown): ((field: string) => string) | null {
  if (typeof value !== "object" || value === null) return null;
  return (field) => {
    const text: unknown = Reflect.get(value, field);
    return typeof text === "string" ? text : "";
  };
}
