/// Which takes of a run count, which only tell what was tried, and which good ones of before must not be lost over a bad one.
import type { Run, Take } from "$bindings/rpc";
import { RpcError } from "$platform/types";

/** A variant as a run had it: what there is to read of it afterwards. */
export interface RanVariant {
  name: string;
  provider: string | null;
  model: string | null;
}

/** One that is done stands above all; one that failed, waits or runs above what was stopped; of two alike the newer. */
const rank = (take: Take) => (take.status === "done" ? 2 : take.status === "failed" || take.status === "pending" ? 1 : 0);
const slotOf = (take: Take) => `${take.span_id ?? ""} ${take.repeat} ${take.variant}`;

/** Takes in whose place another one was sent: they were interrupted or failed, and do not count. As the core counts. */
export function supersededIn(takes: readonly Take[]): ReadonlySet<string> {
  const counts = new Map<string, Take>();
  for (const take of takes) {
    const kept = counts.get(slotOf(take));
    if (!kept || rank(take) >= rank(kept)) counts.set(slotOf(take), take);
  }
  return new Set(takes.flatMap((take) => (counts.get(slotOf(take)) === take ? [] : [take.take_id])));
}

/** Of each variant that came to nothing in `takes`, the newest good take of before; `earlier` is newest first. */
export function goodBefore(takes: readonly Take[], earlier: readonly Take[]): Take[] {
  const variants = [...new Set(takes.map((take) => take.variant))];
  const lost = variants.filter((variant) => takes.every((take) => take.variant !== variant || (take.status !== "done" && take.status !== "pending")));
  return lost.flatMap((variant) => earlier.find((take) => take.variant === variant && take.status === "done" && takes.every((other) => other.take_id !== take.take_id)) ?? []);
}

/** What a run's variants were, by what it sent. */
export function ranVariants(run: Run, names: readonly string[]): RanVariant[] {
  return names.map((name) => {
    const take = run.takes.find((other) => other.variant === name);
    return { name, provider: take?.provider ?? null, model: take?.model ?? null };
  });
}

/** A run that was just started may not be on disk yet when its id is: asks again for some seconds. */
export async function whenWritten(ask: () => Promise<Run>): Promise<Run> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (thrown) {
      if (RpcError.from(thrown).code !== "RTK-S010" || tries >= 100) throw thrown;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}
