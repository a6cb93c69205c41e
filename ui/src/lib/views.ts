/// The views of the window.
export const VIEWS = ["traces", "runs", "replay", "prompts", "golden", "metrics", "sources", "settings"] as const;
export type View = (typeof VIEWS)[number];
