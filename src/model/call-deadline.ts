/** Runs `use` with a signal that aborts with the caller's, or once `milliseconds` have passed. */
export async function withDeadline<Result>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  use: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  let late = false;
  const onAbort = (): void => controller.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => {
    late = true;
    controller.abort();
  }, milliseconds);
  try {
    return await use(controller.signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw late ? new Error(`no complete answer within ${milliseconds / 1000} s`) : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
