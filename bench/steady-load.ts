/**
 * Does something a number of times a second, however long each takes, until a time has passed.
 * @param concurrent that many at a time at most: where it can't keep up it falls behind rather than pile up
 * @returns times that it was done
 */
export async function steadily(
  work: () => Promise<unknown>,
  { perSecond, seconds, concurrent }: { perSecond: number; seconds: number; concurrent: number },
): Promise<number> {
  const started = performance.now();
  let done = 0;
  const one = async () => {
    for (;;) {
      const due = started + (done * 1_000) / perSecond;
      const now = performance.now();
      if (Math.max(due, now) >= started + seconds * 1_000) return;
      done += 1;
      if (due > now) await new Promise((resolve) => setTimeout(resolve, due - now));
      await work();
    }
  };
  await Promise.all(Array.from({ length: concurrent }, one));
  return done;
}
