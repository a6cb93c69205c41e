/// What an assertion expects, as a sentence for people. The word that files have for it stands beside, so that both are known.
import { oneLine } from "./marks";

/** How the sentence of a type begins, of its opposite, and what stands around the value. */
const HEADS: Readonly<Record<string, readonly [must: string, mustNot: string, before?: string, after?: string]>> = {
  contains: ["the answer must contain", "the answer must not contain", "“", "”"],
  regex: ["the answer must match", "the answer must not match", "/", "/"],
  equals: ["the answer must be", "the answer must not be", "“", "”"],
  json_schema: ["the answer must be JSON of the schema", "the answer must not be JSON of the schema"],
  json_path: ["the answer's JSON must have", "the answer's JSON must not have"],
  cites: ["the answer must cite", "the answer must not cite"],
  refuses: ["the answer must refuse", "the answer must not refuse"],
  calls_tool: ["the model must call", "the model must not call"],
  context_holds: ["the context must hold", "the context must not hold"],
  latency: ["the answer must come within", "the answer must take longer than", "", " ms"],
  ttft: ["the first token must come within", "the first token must take longer than", "", " ms"],
  tokens: ["the call must use at most", "the call must use more than", "", " tokens"],
  cost: ["the call must cost at most", "the call must cost more than", "$"],
  finish_reason: ["the answer must end with", "the answer must not end with"],
};

/** Longest value that is shown, in characters. */
const SHOWN = 300;

const one = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** A value in words: fields by their names. */
function words(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return one(value);
  return Object.entries(value).map(([name, field]) => (field === true ? name : `${name} ${one(field)}`)).join(", ");
}

/** What an assertion of a type expects, `not-` before it for the opposite. Without its value the sentence is left open; a type that
    has no sentence here says its name. */
export function sentenceOf(type: string, value?: unknown): string {
  const not = type.startsWith("not-");
  const name = not ? type.slice(4) : type;
  const [must, mustNot, before = "", after = ""] = HEADS[name] ?? [type, type];
  const head = not ? mustNot : must;
  if (name === "refuses" || value === null) return head;
  if (value === undefined) return name in HEADS ? `${head} …` : head;
  const plain = typeof value === "object" ? words(value) : `${before}${words(value)}${after}`;
  return `${head} ${oneLine(plain, SHOWN)}`;
}
