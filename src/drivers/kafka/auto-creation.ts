import type { Clock } from '../../core/clock.js';
import type { AdminLink } from './admin-link.js';

const SETTING = 'auto.create.topics.enable';
const BROKER_RESOURCE = 4;
const KNOWN_FOR_MS = 60_000;
const UNKNOWN_FOR_MS = 5000;

/** Whether the brokers create a topic at its first use; undefined when they do not tell (which takes a permission). */
export class AutoCreation {
  private answer: Promise<boolean | undefined> | null = null;
  private until = 0;

  constructor(
    private readonly admin: AdminLink,
    private readonly clock: Clock,
  ) {}

  async enabled(): Promise<boolean | undefined> {
    if (this.answer === null || this.clock.monotonic() >= this.until) {
      this.until = Infinity;
      this.answer = this.ask().catch(() => undefined);
      const answer = await this.answer;
      this.until = this.clock.monotonic() + (answer === undefined ? UNKNOWN_FOR_MS : KNOWN_FOR_MS);
    }
    return this.answer;
  }

  private ask(): Promise<boolean | undefined> {
    return this.admin.use(async (admin) => {
      const { brokers } = await admin.describeCluster();
      const name = String(brokers[0]?.nodeId);
      const { resources } = await admin.describeConfigs({
        resources: [{ type: BROKER_RESOURCE, name, configNames: [SETTING] }],
        includeSynonyms: false,
      });
      const value = resources[0]?.configEntries.find(({ configName }) => configName === SETTING)?.configValue;
      return value === undefined ? undefined : value === 'true';
    });
  }
}
