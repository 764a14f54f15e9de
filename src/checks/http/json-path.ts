/** Names, numbers and `#`, divided by dots; `\.` is a dot in a name. What is more than that is JSONata's. */
const PLAIN = /^(?:[\w-]|\\.)+(?:\.(?:[\w-]|\\.)+|\.#)*$|^#(?:\.(?:[\w-]|\\.)+|\.#)*$/;

/** The steps of a path in the form that Peekaping's queries (GJSON) and JSONata have in common; null: it is no such path. */
export function stepsOf(query: string): string[] | null {
  if (!PLAIN.test(query)) return null;
  const steps = query.match(/(?:\\.|[^.\\])+/g) ?? [];
  return steps.map((step) => step.replace(/\\(.)/g, '$1'));
}

/** More work than any body of 1 MiB needs: some tenths of a second. */
const MOST_STEPS = 5_000_000;

/** The body is made so that the query takes very long. */
export class TooManyStepsError extends Error {}

/**
 * What lies there; undefined: nothing. In an array a number is an item, `#` at the end its length, `#` before more all
 * its items; a name is looked for in every item, as JSONata does, and one alone is no array.
 */
export function valueAt(data: unknown, steps: readonly string[]): unknown {
  return new Walk(steps).at(data, 0);
}

/** @throws TooManyStepsError */
class Walk {
  private left = MOST_STEPS;

  constructor(private readonly steps: readonly string[]) {}

  at(data: unknown, index: number): unknown {
    this.spend(1);
    const step = this.steps[index];
    if (step === undefined) return data;
    if (Array.isArray(data)) return this.inArray(data, step, index);
    if (typeof data !== 'object' || data === null || !Object.hasOwn(data, step)) return undefined;
    return this.at((data as Record<string, unknown>)[step], index + 1);
  }

  private inArray(items: readonly unknown[], step: string, index: number): unknown {
    if (step === '#') {
      if (index + 1 === this.steps.length) return items.length;
      return items.map((item) => this.at(item, index + 1)).filter((value) => value !== undefined);
    }
    if (/^\d+$/.test(step)) return this.at(items[Number(step)], index + 1);
    const found: unknown[] = [];
    for (const item of items) {
      const value = this.at(item, index) ?? [];
      if (!Array.isArray(value)) found.push(value);
      else for (const each of value) found.push(each);
      this.spend(Array.isArray(value) ? value.length : 1);
    }
    return found.length > 1 ? found : found[0];
  }

  private spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0)
      throw new TooManyStepsError('The body is made so that the query takes too many steps.');
  }
}
