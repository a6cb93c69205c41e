/// The icons of the window, by what they mean. One set (Lucide, ISC), one line a meaning.
import ArrowLeft from "@lucide/svelte/icons/arrow-left";
import ArrowRight from "@lucide/svelte/icons/arrow-right";
import Bot from "@lucide/svelte/icons/bot";
import Box from "@lucide/svelte/icons/box";
import Braces from "@lucide/svelte/icons/braces";
import Chart from "@lucide/svelte/icons/chart-line";
import Check from "@lucide/svelte/icons/check";
import ChevronDown from "@lucide/svelte/icons/chevron-down";
import ChevronRight from "@lucide/svelte/icons/chevron-right";
import ChevronUp from "@lucide/svelte/icons/chevron-up";
import Columns from "@lucide/svelte/icons/columns-3-cog";
import Copy from "@lucide/svelte/icons/copy";
import Database from "@lucide/svelte/icons/database";
import Diff from "@lucide/svelte/icons/diff";
import Eye from "@lucide/svelte/icons/eye";
import EyeOff from "@lucide/svelte/icons/eye-off";
import File from "@lucide/svelte/icons/file-text";
import Flag from "@lucide/svelte/icons/flag";
import Folder from "@lucide/svelte/icons/folder";
import Funnel from "@lucide/svelte/icons/list-filter";
import Gauge from "@lucide/svelte/icons/gauge";
import Globe from "@lucide/svelte/icons/globe";
import Image from "@lucide/svelte/icons/image";
import Key from "@lucide/svelte/icons/key-round";
import Link from "@lucide/svelte/icons/link-2";
import Message from "@lucide/svelte/icons/message-square-text";
import Minus from "@lucide/svelte/icons/minus";
import Order from "@lucide/svelte/icons/arrow-down-wide-narrow";
import Pencil from "@lucide/svelte/icons/pencil";
import Play from "@lucide/svelte/icons/play";
import Pilcrow from "@lucide/svelte/icons/pilcrow";
import Plug from "@lucide/svelte/icons/plug";
import Plus from "@lucide/svelte/icons/plus";
import Prompt from "@lucide/svelte/icons/square-terminal";
import Question from "@lucide/svelte/icons/circle-question-mark";
import Report from "@lucide/svelte/icons/clipboard-list";
import Retake from "@lucide/svelte/icons/rotate-ccw";
import Retriever from "@lucide/svelte/icons/text-search";
import Search from "@lucide/svelte/icons/search";
import Settings from "@lucide/svelte/icons/settings-2";
import Shield from "@lucide/svelte/icons/shield-check";
import ShieldOff from "@lucide/svelte/icons/shield-alert";
import Sparkle from "@lucide/svelte/icons/sparkle";
import Star from "@lucide/svelte/icons/star";
import Target from "@lucide/svelte/icons/circle-check-big";
import Tool from "@lucide/svelte/icons/wrench";
import Traces from "@lucide/svelte/icons/logs";
import Trash from "@lucide/svelte/icons/trash-2";
import Undo from "@lucide/svelte/icons/undo-2";
import Unlink from "@lucide/svelte/icons/unlink-2";
import Upload from "@lucide/svelte/icons/file-down";
import Vector from "@lucide/svelte/icons/binary";
import Warning from "@lucide/svelte/icons/triangle-alert";
import Workflow from "@lucide/svelte/icons/workflow";
import X from "@lucide/svelte/icons/x";
import Failure from "@lucide/svelte/icons/circle-x";

export const ICONS = {
  agent: Bot,
  attributes: Braces,
  back: ArrowLeft,
  chain: Workflow,
  check: Check,
  close: X,
  collapse: ChevronDown,
  columns: Columns,
  compare: Diff,
  copy: Copy,
  document: File,
  edit: Pencil,
  embedding: Vector,
  error: Failure,
  evaluator: Gauge,
  expand: ChevronRight,
  facets: Funnel,
  finding: Flag,
  folder: Folder,
  forward: ArrowRight,
  golden: Target,
  guardrail: Shield,
  help: Question,
  hidden: EyeOff,
  http: Globe,
  image: Image,
  import: Upload,
  key: Key,
  link: Link,
  llm: Sparkle,
  message: Message,
  minus: Minus,
  metrics: Chart,
  missing: ShieldOff,
  other: Box,
  plug: Plug,
  plus: Plus,
  prompt: Prompt,
  remove: Trash,
  replay: Retake,
  report: Report,
  reranker: Order,
  retriever: Retriever,
  run: Play,
  search: Search,
  settings: Settings,
  shown: Eye,
  sources: Database,
  space: Pilcrow,
  star: Star,
  tool: Tool,
  traces: Traces,
  undo: Undo,
  unlink: Unlink,
  up: ChevronUp,
  warning: Warning,
} as const;

export type IconName = keyof typeof ICONS;

/** Icon of a span's kind. */
export function kindIcon(kind: string): IconName {
  switch (kind) {
    case "agent":
    case "chain":
    case "embedding":
    case "evaluator":
    case "guardrail":
    case "http":
    case "llm":
    case "prompt":
    case "reranker":
    case "retriever":
    case "tool":
      return kind;
    default:
      return "other";
  }
}
