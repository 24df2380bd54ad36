import { createScope, type Scope } from "@jumpstarter-ts/core";

/** As much as an exporter takes to end the machines that it runs. */
const closeMs = 30_000;

/** Opens things that close together, the last first, also when one of them cannot be opened. */
export async function openTogether<T extends object>(
  name: string,
  open: (opened: Pick<Scope, "use" | "defer">) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const scope = createScope(name);
  try {
    const value = await open({
      use: (resource) => scope.use(resource, { timeoutMs: closeMs }),
      defer: (cleanUp) => scope.defer(cleanUp, { timeoutMs: closeMs }),
    });
    return { ...value, [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose]() };
  } catch (error) {
    await scope.close();
    throw error;
  }
}
