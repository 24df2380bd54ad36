/** How states hang together: for each the states it can be entered from; undefined for any, known or not. */
export type Ways = ReadonlyMap<string, { readonly from?: string | readonly string[] }>;

/**
 * The shortest sequence of states to enter, to get from one state, or from nobody knows where, to another. Of two that
 * are as short, the one that begins at the state the device is in.
 */
export function shortestPath(ways: Ways, current: string | undefined, target: string): readonly string[] {
  const before = new Map<string, string | undefined>();
  const queue: string[] = [];
  if (current !== undefined) {
    before.set(current, undefined);
    queue.push(current);
  }
  const roots = [...ways].filter(([, { from }]) => from === undefined).map(([name]) => name);
  const visit = (name: string, from: string | undefined): void => {
    if (before.has(name)) return;
    before.set(name, from);
    queue.push(name);
  };
  const visitNext = (name: string): void => {
    for (const [next, { from }] of ways) if ([from ?? []].flat().includes(name)) visit(next, name);
  };
  if (current !== undefined) visitNext(current);
  // What can be entered from anywhere is one step away.
  for (const root of roots) visit(root, undefined);
  for (const name of queue) visitNext(name);
  const path: string[] = [];
  for (let at: string | undefined = target; at !== undefined && at !== current; at = before.get(at)) path.unshift(at);
  return path;
}
