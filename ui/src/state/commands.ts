/// Every command of the window, as data: what it is called, its keys, where it belongs. The palette, the sheet of keys and
/// the keyboard itself read this list; a command applies while something that is on screen provides it.

export interface CommandInfo {
  title: string;
  group: "Go to" | "List" | "Trace" | "Replay and compare" | "Workspace" | "Window";
  /** As `keyOf` writes them; two words are pressed one after the other. */
  keys: readonly string[];
  /** Also while a field has the focus. */
  inFields?: boolean;
  /** Names a row of commands that differ by a number: the sheet of keys prints it once. */
  series?: string;
  /** Other words that people look for it by. */
  words?: string;
  /** Left out of the palette: makes sense only where the focus is. */
  hidden?: boolean;
}

export const COMMANDS = {
  "go.traces": { title: "Traces", group: "Go to", keys: ["g t"] },
  "go.runs": { title: "Runs", words: "replays history", group: "Go to", keys: ["g r"] },
  "go.prompts": { title: "Prompts", group: "Go to", keys: ["g p"] },
  "go.golden": { title: "Golden sets", words: "cases tests assertions", group: "Go to", keys: ["g g"] },
  "go.metrics": { title: "Metrics", group: "Go to", keys: ["g m"] },
  "go.sources": { title: "Sources", words: "undo import imports batches connections policy formats", group: "Go to", keys: ["g s"] },
  "go.settings": { title: "Settings", words: "preferences options keys", group: "Go to", keys: ["g ,", "Ctrl+,"] },
  "nav.back": { title: "Back", group: "Window", keys: ["Alt+Left"], inFields: true },
  "nav.forward": { title: "Forward", group: "Window", keys: ["Alt+Right"], inFields: true },

  "query.focus": { title: "Search", group: "List", keys: ["/", "Ctrl+L"] },
  "query.save": { title: "Keep this query under a name", group: "List", keys: ["Ctrl+D"], inFields: true },
  "query.clear": { title: "Clear the search", group: "List", keys: [] },
  "list.next": { title: "Next row", group: "List", keys: ["j"], hidden: true },
  "list.previous": { title: "Previous row", group: "List", keys: ["k"], hidden: true },
  "list.open": { title: "Open the trace over the whole window", group: "List", keys: ["Enter", "o"] },
  "tab.open": { title: "Open in a new tab", group: "List", keys: ["Ctrl+Enter"] },
  "list.peek": { title: "Peek at the last exchange", group: "List", keys: ["Space"] },
  "list.mark": { title: "Mark the row", group: "List", keys: ["x"] },
  "list.unmark": { title: "Unmark all rows", words: "deselect clear selection", group: "List", keys: [] },
  "list.filter": { title: "Filter by this value", words: "only where", group: "List", keys: ["f"] },
  "list.exclude": { title: "Exclude this value", words: "without not", group: "List", keys: ["Shift+F"] },
  "list.fresh": { title: "Show new rows", group: "List", keys: ["."] },
  "list.facets": { title: "Show or hide facets", group: "List", keys: ["Ctrl+B"] },
  "list.columns": { title: "Choose columns", group: "List", keys: [] },
  "list.columnsReset": { title: "Columns as at first", group: "List", keys: [] },
  "list.sort": { title: "Sort by this column", group: "List", keys: ["Shift+S"] },
  "list.columnLeft": { title: "Move this column to the left", group: "List", keys: ["Ctrl+Shift+Left"] },
  "list.columnRight": { title: "Move this column to the right", group: "List", keys: ["Ctrl+Shift+Right"] },
  "list.columnNarrower": { title: "This column narrower", group: "List", keys: ["Shift+Left"] },
  "list.columnWider": { title: "This column wider", group: "List", keys: ["Shift+Right"] },
  "list.columnFit": { title: "This column as wide as its content", group: "List", keys: ["Shift+W"] },
  "list.columnHide": { title: "Hide this column", group: "List", keys: ["Shift+X"] },
  "list.spans": { title: "List traces or spans", group: "List", keys: [] },
  "list.findings": { title: "Only traces with findings", group: "List", keys: [] },

  "trace.messages": { title: "Messages", group: "Trace", keys: ["1"] },
  "trace.context": { title: "Context", group: "Trace", keys: ["2"] },
  "trace.audit": { title: "Audit", group: "Trace", keys: ["3"] },
  "trace.request": { title: "Request", group: "Trace", keys: ["4"] },
  "trace.takes": { title: "Takes", group: "Trace", keys: ["5"] },
  "trace.raw": { title: "Raw records", group: "Trace", keys: ["6"] },
  "trace.nextCall": { title: "Next model call", group: "Trace", keys: ["]"] },
  "trace.previousCall": { title: "Previous model call", group: "Trace", keys: ["["] },
  "trace.nextFinding": { title: "Next finding", group: "Trace", keys: ["n"] },
  "trace.previousFinding": { title: "Previous finding", group: "Trace", keys: ["p"] },
  "trace.zoomIn": { title: "Timeline: closer", words: "zoom", group: "Trace", keys: ["w"] },
  "trace.zoomOut": { title: "Timeline: further", words: "zoom", group: "Trace", keys: ["s"] },
  "trace.panLeft": { title: "Timeline: earlier", group: "Trace", keys: ["a"] },
  "trace.panRight": { title: "Timeline: later", group: "Trace", keys: ["d"] },
  "trace.markdown": { title: "Markdown rendered, or its source", group: "Trace", keys: ["Shift+M"] },
  "trace.find": { title: "Find in trace", group: "Trace", keys: ["Ctrl+F"], inFields: true },
  "trace.findNext": { title: "Next place found", group: "Trace", keys: ["F3", "Ctrl+G"], inFields: true },
  "trace.findPrevious": { title: "Previous place found", group: "Trace", keys: ["Shift+F3", "Ctrl+Shift+G"], inFields: true },
  "trace.report": { title: "Incident report", words: "export markdown incident", group: "Trace", keys: ["Shift+R"] },
  "trace.copyId": { title: "Copy the trace id", group: "Trace", keys: ["y"] },

  "replay.open": { title: "Replay", words: "resend retry", group: "Replay and compare", keys: ["r"] },
  "replay.run": { title: "Run", group: "Replay and compare", keys: ["Ctrl+Enter"], inFields: true },
  "replay.cancel": { title: "Cancel the run", group: "Replay and compare", keys: [] },
  "replay.resume": { title: "Resume the run", group: "Replay and compare", keys: [] },
  "replay.failed": { title: "Send what failed in the run again", group: "Replay and compare", keys: [] },
  "replay.add": { title: "Add a variant", group: "Replay and compare", keys: ["+"] },
  "compare.open": { title: "Compare the marked", group: "Replay and compare", keys: ["c"] },
  "compare.next": { title: "Next difference", group: "Replay and compare", keys: ["n"] },
  "compare.previous": { title: "Previous difference", group: "Replay and compare", keys: ["p"] },
  "compare.solo1": { title: "Only column 1", series: "Only column 1 to 4", group: "Replay and compare", keys: ["1"], hidden: true },
  "compare.solo2": { title: "Only column 2", series: "Only column 1 to 4", group: "Replay and compare", keys: ["2"], hidden: true },
  "compare.solo3": { title: "Only column 3", series: "Only column 1 to 4", group: "Replay and compare", keys: ["3"], hidden: true },
  "compare.solo4": { title: "Only column 4", series: "Only column 1 to 4", group: "Replay and compare", keys: ["4"], hidden: true },
  "compare.all": { title: "All columns", group: "Replay and compare", keys: [] },
  "compare.unit": { title: "Differences by path, word or line", group: "Replay and compare", keys: ["l"] },
  "compare.whitespace": { title: "Show or ignore differences in whitespace", group: "Replay and compare", keys: ["w"] },
  "compare.link": { title: "Scroll columns together or apart", group: "Replay and compare", keys: ["s"] },
  "compare.vote1": { title: "Vote for column 1", series: "Vote for column 1 to 4", group: "Replay and compare", keys: ["v 1"] },
  "compare.vote2": { title: "Vote for column 2", series: "Vote for column 1 to 4", group: "Replay and compare", keys: ["v 2"] },
  "compare.vote3": { title: "Vote for column 3", series: "Vote for column 1 to 4", group: "Replay and compare", keys: ["v 3"] },
  "compare.vote4": { title: "Vote for column 4", series: "Vote for column 1 to 4", group: "Replay and compare", keys: ["v 4"] },
  "compare.voteTie": { title: "Vote: a tie", group: "Replay and compare", keys: ["v 0"] },
  "compare.voteBad": { title: "Vote: both bad", group: "Replay and compare", keys: ["v x"] },
  "compare.voteNote": { title: "Note on the vote", group: "Replay and compare", keys: ["v n"] },
  "compare.voteUndo": { title: "Take the vote back", group: "Replay and compare", keys: ["v u"] },
  "compare.blind": { title: "Vote blind: hide names, shuffle sides", group: "Replay and compare", keys: ["b"] },
  "matrix.open": { title: "Open the case as takes", group: "Replay and compare", keys: ["Enter", "o"] },
  "matrix.back": { title: "Back to the matrix", group: "Replay and compare", keys: ["m"] },
  "matrix.next": { title: "Next case", group: "Replay and compare", keys: ["]"] },
  "matrix.previous": { title: "Previous case", group: "Replay and compare", keys: ["["] },
  "matrix.disagreement": { title: "Sort cases by disagreement", group: "Replay and compare", keys: ["Shift+D"] },
  "matrix.measure": { title: "Sort variants by difference, latency, cost or tokens", group: "Replay and compare", keys: ["Shift+M"] },
  "edit.next": { title: "Next change of the prompt", group: "Replay and compare", keys: ["Alt+Down"], inFields: true },
  "edit.previous": { title: "Previous change of the prompt", group: "Replay and compare", keys: ["Alt+Up"], inFields: true },
  "edit.accept": { title: "Accept the change", group: "Replay and compare", keys: ["Alt+Enter"], inFields: true },
  "edit.revert": { title: "Put the change back", group: "Replay and compare", keys: ["Alt+Backspace"], inFields: true },
  "edit.original": { title: "Put the whole message back", group: "Replay and compare", keys: [] },
  "edit.close": { title: "Close the prompt's editor", group: "Replay and compare", keys: ["Ctrl+S"], inFields: true },
  "promote.open": { title: "Promote to a golden case", words: "test case assertion", group: "Replay and compare", keys: ["Shift+P"] },
  "check.accept": { title: "Accept the results as the baseline of the golden set", group: "Replay and compare", keys: [] },
  "check.show": { title: "The check, or the case as people read it", group: "Replay and compare", keys: [] },
  "check.run": { title: "Check the golden set", group: "Replay and compare", keys: ["Shift+C"] },

  "metrics.group": { title: "Metrics by the next dimension", group: "Workspace", keys: ["b"] },
  "metrics.measure": { title: "Single calls by the next measure", group: "Workspace", keys: ["y"] },
  "metrics.zoomIn": { title: "Plots: closer", words: "zoom", group: "Workspace", keys: ["+", "w"] },
  "metrics.zoomOut": { title: "Plots: further", words: "zoom", group: "Workspace", keys: ["-", "s"] },
  "metrics.earlier": { title: "Plots: earlier", group: "Workspace", keys: ["a"] },
  "metrics.later": { title: "Plots: later", group: "Workspace", keys: ["d"] },
  "metrics.whole": { title: "Plots: the whole time", words: "zoom reset", group: "Workspace", keys: ["0"] },
  "metrics.narrow": { title: "Plots: ask for the time span that is shown only", group: "Workspace", keys: ["n"] },
  "metrics.plots": { title: "Plots: mark a time by keys", group: "Workspace", keys: ["m"] },
  "metrics.traces": { title: "The traces behind the metrics", group: "Workspace", keys: ["v"] },

  "import.files": { title: "Import files", words: "open load", group: "Workspace", keys: ["Ctrl+O"], inFields: true },
  "import.map": { title: "Map a file: a log of any form, by its columns", group: "Workspace", keys: ["Ctrl+Shift+M"], inFields: true },
  "import.folder": { title: "Import a folder", group: "Workspace", keys: [] },
  "import.sample": { title: "Import the sample incident", group: "Workspace", keys: [] },
  "workspace.open": { title: "Open a workspace", group: "Workspace", keys: ["Ctrl+Shift+O"], inFields: true },
  "workspace.create": { title: "New workspace", group: "Workspace", keys: [] },
  "workspace.copy": { title: "Save a copy of the workspace", words: "backup export", group: "Workspace", keys: ["Ctrl+Shift+S"] },
  "jobs.show": { title: "Jobs", words: "progress tasks", group: "Workspace", keys: ["g j"] },
  "ledger.show": { title: "What was sent, and where", words: "egress network cost", group: "Workspace", keys: ["g l"] },

  "window.new": { title: "New window", group: "Window", keys: ["Ctrl+Shift+N"], inFields: true },
  "window.open": { title: "Open this place in a new window", group: "Window", keys: ["Shift+Enter"] },
  "window.quit": { title: "Quit", group: "Window", keys: ["Ctrl+Q"], inFields: true },
  "link.copy": { title: "Copy a link to this place", group: "Window", keys: ["Shift+Y"] },
  "tab.close": { title: "Close the tab", group: "Window", keys: ["Ctrl+W"], inFields: true },
  "tab.reopen": { title: "Open the closed tab again", group: "Window", keys: ["Ctrl+Shift+T"], inFields: true },
  "tab.next": { title: "Next tab", group: "Window", keys: ["Ctrl+Tab", "Ctrl+PageDown"], inFields: true },
  "tab.previous": { title: "Previous tab", group: "Window", keys: ["Ctrl+Shift+Tab", "Ctrl+PageUp"], inFields: true },
  "tab.moveLeft": { title: "Move the tab to the left", group: "Window", keys: ["Ctrl+Shift+PageUp"], inFields: true },
  "tab.moveRight": { title: "Move the tab to the right", group: "Window", keys: ["Ctrl+Shift+PageDown"], inFields: true },
  "tab.1": { title: "Tab 1", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+1"], inFields: true, hidden: true },
  "tab.2": { title: "Tab 2", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+2"], inFields: true, hidden: true },
  "tab.3": { title: "Tab 3", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+3"], inFields: true, hidden: true },
  "tab.4": { title: "Tab 4", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+4"], inFields: true, hidden: true },
  "tab.5": { title: "Tab 5", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+5"], inFields: true, hidden: true },
  "tab.6": { title: "Tab 6", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+6"], inFields: true, hidden: true },
  "tab.7": { title: "Tab 7", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+7"], inFields: true, hidden: true },
  "tab.8": { title: "Tab 8", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+8"], inFields: true, hidden: true },
  "tab.9": { title: "Last tab", series: "Tab 1 to 8, the last by 9", group: "Window", keys: ["Ctrl+9"], inFields: true, hidden: true },

  palette: { title: "Command palette", group: "Window", keys: ["Ctrl+K"], inFields: true, hidden: true },
  keys: { title: "Keys of the keyboard", group: "Window", keys: ["?"] },
  theme: { title: "Change theme: system, dark, light, high contrast", words: "colours appearance night", group: "Window", keys: [] },
  "menu.bar": { title: "Show or hide the menu bar", group: "Window", keys: ["F10"], inFields: true },
  "zoom.in": { title: "Zoom in", words: "larger bigger text", group: "Window", keys: ["Ctrl++", "Ctrl+="], inFields: true },
  "zoom.out": { title: "Zoom out", words: "smaller text", group: "Window", keys: ["Ctrl+-"], inFields: true },
  "zoom.reset": { title: "Zoom to 100 %", words: "size as at first normal", group: "Window", keys: ["Ctrl+0"], inFields: true },
  times: { title: "Change times: local, UTC, relative", words: "clock timezone zone", group: "Window", keys: ["t"] },
  escape: { title: "One level out", group: "Window", keys: ["Escape"], inFields: true, hidden: true },
} as const satisfies Record<string, CommandInfo>;

export type CommandId = keyof typeof COMMANDS;

/** All ids in the order of the list. */
export const COMMAND_IDS: readonly CommandId[] = Object.keys(COMMANDS).filter((id): id is CommandId => id in COMMANDS);

/** The entry of an id, in its general form. */
export function commandInfo(id: CommandId): CommandInfo {
  return COMMANDS[id];
}
