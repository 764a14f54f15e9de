import type { FileSettings } from '../../../config/processor-settings.js';
import { isOverBy } from '../../../core/with-deadline.js';
import type { Exchanges } from './protocol.js';
import { WorkerFailure, WorkerLink, type News } from './worker-link.js';
import { pack } from './protocol.js';
import type { FileToWrite } from './file-to-write.js';

/** A thread that no disk holds ends at once. */
export const TERMINATE_MS = 500;

/** The worker thread over all its lives: a new one knows which instances the former ones left behind. */
export class WorkerLives {
  private link: WorkerLink | undefined;
  private instance: string | undefined;
  private readonly over: string[] = [];

  constructor(
    private readonly settings: FileSettings,
    private readonly onNews: (news: News) => void,
    /** Told of a death while nothing was asked, too. */
    private readonly onDeath: (failure: WorkerFailure) => void,
  ) {}

  /** Opens the folder; answers how many files of dead processes were finished. @throws WorkerFailure */
  async open(probeBytes: number): Promise<number> {
    this.link ??= this.begin();
    const { instance, finished } = await this.link.ask('open', { probeBytes });
    this.instance = instance;
    return finished;
  }

  /** @throws WorkerFailure */
  async write(files: readonly FileToWrite[]): Promise<Exchanges['write']['answer']> {
    if (!this.link) throw new WorkerFailure('died', undefined, 'the worker thread is over');
    const packed = pack(files);
    return this.link.ask('write', packed, [packed.contents.buffer]);
  }

  /**
   * Closes the folder until `deadline` (monotonic, milliseconds), then ends the thread; false when the disk holds it,
   * so that nothing in this process can.
   */
  async close(deadline: number): Promise<boolean> {
    if (!this.link) return true;
    const { link } = this;
    await isOverBy(link.ask('close', null), deadline);
    return link.end(Math.max(deadline, performance.now()) + TERMINATE_MS);
  }

  async crash(): Promise<void> {
    await this.link?.crash();
  }

  private begin(): WorkerLink {
    return new WorkerLink({ settings: this.settings, over: this.over }, this.onNews, (reason) => {
      this.link = undefined;
      if (this.instance !== undefined) this.over.push(this.instance);
      this.instance = undefined;
      this.onDeath(reason);
    });
  }
}
