import { Inject, Injectable } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { AppConfig } from '../../config/app-config.js';
import type { Delivery, Verdict } from '../../ports/message-exchange.port.js';
import { CONFIG } from '../../process/tokens.js';
import { PROCESSOR_MESSAGE } from './processor.controller.js';
import { SubscriptionService } from './subscription.service.js';
import { verdictOf } from './verdict.js';

/** Brings deliveries to the `@EventPattern` handler; what becomes of them follows its promise. */
@Injectable()
export class ProcessorTransport extends Server implements CustomTransportStrategy {
  override transportId = Symbol('processor');

  constructor(
    private readonly subscription: SubscriptionService,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'processor'>,
  ) {
    super();
  }

  async listen(listening: () => void): Promise<void> {
    const handler = this.getHandlerByPattern(PROCESSOR_MESSAGE) as MessageHandler<Delivery> | null;
    if (!handler) throw new Error(`no handler for ${PROCESSOR_MESSAGE}`);
    await this.subscription.start((delivery) => this.handle(handler, delivery));
    listening();
  }

  /** Ends with the process: see SubscriptionService, which is bounded in time. */
  close(): void {
    return;
  }

  on(): never {
    throw new Error('the processor’s transport has no events');
  }

  unwrap<T>(): T {
    return this.subscription.consumer as T;
  }

  private async handle(handler: MessageHandler<Delivery>, delivery: Delivery): Promise<Verdict> {
    try {
      const result: unknown = await handler(delivery);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
      return { kind: 'done' };
    } catch (thrown) {
      return verdictOf(thrown, delivery.progress, this.config.processor);
    }
  }
}
