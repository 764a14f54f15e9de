import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { BrokerExchanges, Fetch, Question, Verdicts } from '../protocol.js';
import { DeadLetterTable } from './dead-letter-table.js';
import { MessageTable } from './message-table.js';
import { QueueTable } from './queue-table.js';

type BrokerAnswer = BrokerExchanges[keyof BrokerExchanges]['answer'];

/** Exchanges, queues and dead letters: answers what is asked about them. */
export class Broker {
  private readonly queues: QueueTable;
  private readonly messages: MessageTable;
  private readonly deadLetters: DeadLetterTable;

  constructor(db: DatabaseSyncInstance, maxMessages: number) {
    this.queues = new QueueTable(db);
    this.messages = new MessageTable(db, this.queues, maxMessages);
    this.deadLetters = new DeadLetterTable(db, this.queues, this.messages);
  }

  /** Within a transaction of the caller's. */
  change(question: Question): BrokerAnswer {
    switch (question.op) {
      case 'declare':
        this.queues.declare(question.ask);
        return null;
      case 'publish':
        return this.messages.publish(question.ask);
      case 'serve':
        return this.serve(question.ask);
      case 'resend':
        return this.deadLetters.resend(question.ask);
      case 'discard':
        return this.deadLetters.discard(question.ask);
      default:
        throw new Error(`${question.op} does not write`);
    }
  }

  look(question: Question): BrokerAnswer {
    switch (question.op) {
      case 'count':
        return this.messages.count;
      case 'depths':
        return this.queues.depths();
      case 'letters':
        return this.deadLetters.page(question.ask);
      case 'letterIds':
        return this.deadLetters.idsOf(question.ask);
      case 'present':
        return this.deadLetters.present(question.ask);
      default:
        throw new Error(`${question.op} does not read`);
    }
  }

  /** What was remembered may never have been committed. */
  forget(): void {
    this.queues.forget();
    this.messages.forget();
  }

  private serve({ verdicts, fetch }: BrokerExchanges['serve']['ask']): Fetch | null {
    if (verdicts) this.carryOut(verdicts);
    return fetch && this.messages.fetch(fetch);
  }

  private carryOut({ done, retries, dead }: Verdicts): void {
    for (const id of done) this.messages.drop(id);
    for (const retry of retries) this.messages.retry(retry);
    for (const one of dead) this.deadLetters.put(one);
  }
}
