/** Waits for `promise`, but no longer than `ms`; for closing what may never answer. Its failure does not matter. */
export async function giveUpAfter(ms: number, promise: Promise<unknown>): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, ms);
  await Promise.race([promise.catch(() => {}), timeout.promise]);
  clearTimeout(timer);
}
