/** Names, numbers and `#`, divided by dots; `\.` is a dot in a name. What is more than that is JSONata's. */
const PLAIN = /^(?:[\w-]|\\.)+(?:\.(?:[\w-]|\\.)+|\.#)*$|^#(?:\.(?:[\w-]|\\.)+|\.#)*$/;

/** The steps of a path in the form that Peekaping's queries (GJSON) and JSONata have in common; null: it is no such path. */
export function stepsOf(query: string): string[] | null {
  if (!PLAIN.test(query)) return null;
  const steps = query.match(/(?:\\.|[^.\\])+/g) ?? [];
  return steps.map((step) => step.replace(/\\(.)/g, '$1'));
}

/**
 * What lies there; undefined: nothing. In an array a number is an item, `#` at the end its length, `#` before more all
 * its items; a name is looked for in every item, as JSONata does, and one alone is no array.
 */
export function valueAt(data: unknown, steps: readonly string[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return data;
  if (Array.isArray(data)) return inArray(data, step, rest);
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, step)) return undefined;
  return valueAt((data as Record<string, unknown>)[step], rest);
}

function inArray(items: readonly unknown[], step: string, rest: readonly string[]): unknown {
  if (step === '#') {
    if (rest.length === 0) return items.length;
    return items.map((item) => valueAt(item, rest)).filter((value) => value !== undefined);
  }
  if (/^\d+$/.test(step)) return valueAt(items[Number(step)], rest);
  const found = items.flatMap((item) => valueAt(item, [step, ...rest]) ?? []);
  return found.length > 1 ? found : found[0];
}
