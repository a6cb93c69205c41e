/// The native menu, made from the registry of commands: one menu a group, in the registry's order.
import type { NativeMenu } from "$platform/types";
import { COMMAND_IDS, commandInfo, type CommandId } from "./commands";

const ORDER = ["Workspace", "Go to", "List", "Trace", "Replay and compare", "Window"] as const;

/** The menus with the keys of now. Commands that make sense only where the focus is are left out. */
export function nativeMenu(keysOf: (id: CommandId) => readonly string[], bar: boolean): NativeMenu {
  const menus = ORDER.map((title) => ({
    title,
    items: COMMAND_IDS.filter((id) => commandInfo(id).group === title && !commandInfo(id).hidden && !commandInfo(id).series).map((id) => ({ id, title: commandInfo(id).title, key: keysOf(id).find((key) => /^(Ctrl|Alt)\+|^F\d/.test(key) && !key.includes(" ")) ?? null })),
  }));
  return { bar, menus };
}
