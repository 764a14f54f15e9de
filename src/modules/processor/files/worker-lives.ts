import type { FileSettings } from '../../../config/processor-settings.js';
import { isOverBy } from '../../../core/with-deadline.js';
import type { Exchanges } from './protocol.js';
import { WorkerFailure, WorkerLink, type News } from './worker-link.js';
import { pack } from './protocol.js';
import type { FileToWrite } from './file-to-write.js';

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

  /** Until `deadline` (monotonic, milliseconds); then the thread ends, whatever the disk is at. */
  async close(deadline: number): Promise<void> {
    if (!this.link) return;
    const { link } = this;
    await isOverBy(link.ask('close', null), deadline);
    await link.end();
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
