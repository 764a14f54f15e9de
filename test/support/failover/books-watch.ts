import type { Fleet } from './fleet.js';

interface Books extends Record<'planned' | 'enqueued' | 'duplicate' | 'waiting', number> {
  skipped: Record<string, number>;
}

/** Looks at the books of every living process again and again. */
export class BooksWatch {
  samples = 0;
  /** Books that did not balance, as JSON. */
  readonly wrong: string[] = [];
  /** The last of each process, by its URL. */
  readonly last = new Map<string, Books>();
  private readonly timer: NodeJS.Timeout;
  private round: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly fleet: Fleet,
    everyMs = 250,
  ) {
    this.timer = setInterval(() => {
      this.round = Promise.all(fleet.members.map(({ service }) => this.look(service.url)));
    }, everyMs);
  }

  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /** Of one field over all processes that ever were, as they were last seen. */
  sum(field: 'enqueued' | 'duplicate' | 'planned'): number {
    return [...this.last.values()].reduce((sum, books) => sum + books[field], 0);
  }

  private async look(url: string): Promise<void> {
    const books = await this.booksAt(url);
    if (!books) return;
    this.samples += 1;
    this.last.set(url, books);
    const skipped = Object.values(books.skipped).reduce((sum, count) => sum + count, 0);
    const { planned, enqueued, duplicate, waiting } = books;
    if (planned !== enqueued + duplicate + skipped + waiting) this.wrong.push(JSON.stringify(books));
  }

  /** Undefined where nobody answers: it is dead, paused, or not there yet. */
  private async booksAt(url: string): Promise<Books | undefined> {
    try {
      const response = await fetch(`${url}/scheduler/status`, { signal: AbortSignal.timeout(1000) });
      return response.ok ? ((await response.json()) as { books: Books }).books : undefined;
    } catch {
      return undefined;
    }
  }
}
