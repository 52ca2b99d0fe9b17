/**
 * Whose turn it is next: the first agent after `last` in the order that has not stopped; the first of all
 * where nobody had a turn yet; nobody when all have stopped.
 */
export function nextTurn(
  order: readonly string[],
  stopped: ReadonlySet<string>,
  last: string | undefined,
): string | undefined {
  const start = last === undefined ? 0 : order.indexOf(last) + 1;
  for (let offset = 0; offset < order.length; offset += 1) {
    const agent = order[(start + offset) % order.length] as string;
    if (!stopped.has(agent)) return agent;
  }
  return undefined;
}
