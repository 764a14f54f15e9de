import type { ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { AppError } from '../../core/errors.js';
import { withDeadline } from '../../core/with-deadline.js';
import type {
  Consumer,
  DeadLetters,
  Delivery,
  Handler,
  Subscription,
  Verdict,
} from '../../ports/message-exchange.port.js';
import { Changes } from './changes.js';
import { Gate } from './gate.js';
import type { Link } from './link.js';
import { deliveryOf } from './message.js';
import type { Sender } from './sender.js';
import type { Session } from './session.js';
import { SessionLoop } from './session-loop.js';
import { Settling } from './settling.js';
import { topologyOf, type Topology, type TopologyLimits } from './topology.js';

/** So long the last acknowledgements may take to reach the broker, past any deadline. */
const LAST_ACKS_MS = 1000;

export interface ConsumerParts {
  link: Link;
  sender: Sender;
  limits: TopologyLimits;
  deadLetters: (topology: Topology) => DeadLetters;
  logger: Logger;
}

interface Item {
  session: Session;
  message: ConsumeMessage;
}

/** One subscription: hands deliveries to its handler, and carries the verdicts out. */
export class RabbitConsumer implements Consumer {
  readonly deadLetters: DeadLetters;
  private isPaused = false;
  private stopping: Promise<number> | null = null;
  private readonly settled = new Changes();
  private readonly gate: Gate<Item>;
  private readonly sessions: SessionLoop;
  private readonly settling: Settling;

  constructor(
    private readonly parts: ConsumerParts,
    private readonly subscription: Subscription,
    private readonly handle: Handler,
  ) {
    const { link, logger, sender } = parts;
    const { prefetch } = subscription;
    const topology = topologyOf(subscription, parts.limits);
    this.deadLetters = parts.deadLetters(topology);
    this.gate = new Gate(prefetch, (item) => void this.work(item));
    const onDelivery = (session: Session, message: ConsumeMessage) => this.gate.add({ session, message });
    this.sessions = new SessionLoop({ link, topology, prefetch, onDelivery, logger });
    this.settling = new Settling({ sender, topology, repair: () => this.sessions.repair(), logger });
  }

  get state(): Consumer['state'] {
    if (this.stopping) return 'stopped';
    if (this.isPaused) return 'paused';
    return this.sessions.isConsuming ? 'consuming' : 'connecting';
  }

  get trouble(): AppError | null {
    return this.state === 'connecting' ? this.sessions.trouble : null;
  }

  get queue(): string {
    return this.sessions.topology.main.name;
  }

  pause(): void {
    this.isPaused = true;
    this.gate.close();
    this.sessions.wish(false);
  }

  resume(): void {
    if (this.stopping) return;
    this.isPaused = false;
    this.gate.open();
    this.sessions.wish(true);
  }

  stop(deadlineMs: number): Promise<number> {
    this.stopping ??= this.end(performance.now() + deadlineMs);
    return this.stopping;
  }

  private async end(deadline: number): Promise<number> {
    this.gate.close();
    this.gate.clear();
    this.sessions.holdAcks();
    const left = () => Math.max(0, deadline - performance.now());
    while (this.gate.inHand > 0 && left() > 0) await this.settled.next(left());
    const unsettled = this.gate.inHand;
    const late = () => new Error('late');
    const lastMs = Math.max(LAST_ACKS_MS, left());
    const stopped = this.sessions.stop(performance.now() + lastMs / 2);
    await withDeadline(stopped, lastMs, late).catch(() => undefined);
    return unsettled;
  }

  private async work({ session, message }: Item): Promise<void> {
    try {
      if (session.ended.aborted) return; // it will be delivered again
      const verdict = await this.ask(deliveryOf(message, Date.now()));
      await this.settling.settle(session, message, verdict);
    } catch (error) {
      this.parts.logger.error({ err: error }, 'A delivery could not be settled; it will be delivered again.');
      session.abandon(error);
    } finally {
      this.gate.done();
      this.settled.tell();
    }
  }

  private async ask(delivery: Delivery): Promise<Verdict> {
    try {
      return await this.handle(delivery);
    } catch (error) {
      this.parts.logger.error(
        { err: error },
        'A handler failed without a verdict; the message is tried again.',
      );
      const progress = { ...delivery.progress, failures: delivery.progress.failures + 1 };
      const reason = { code: 'INTERNAL', message: 'The handler failed without a verdict.' };
      const delayMs = this.subscription.retryDelaysMs.at(-1) ?? 0;
      return { kind: 'retry', delayMs, progress, reason };
    }
  }
}
