import { randomUUID } from 'node:crypto';
import { Controller, Headers, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Counter, Registry } from 'prom-client';
import type { AppConfig } from '../../config/app-config.js';
import { asAppError } from '../../core/errors.js';
import { LargeBody } from '../../http/body-bounds.js';
import { LongValue } from '../../http/bounded-json.js';
import { jsonBody } from '../../http/json-body.js';
import { invalid } from '../../http/validation.js';
import { MessageExchange } from '../../ports/message-exchange.port.js';
import { CONFIG } from '../../process/tokens.js';
import { EventDocs } from './events.docs.js';

const MOST_KEY_BYTES = 255;
const MESSAGE_ID = /^[\x20-\x7e]{1,255}$/;

/** Publishes over HTTP, for whoever has no AMQP at hand. */
@Controller('events')
export class EventsController {
  private readonly published: Counter<'code'>;

  constructor(
    private readonly exchange: MessageExchange,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'processor'>,
    metrics: Registry,
  ) {
    this.published = new Counter({
      name: 'carillon_processor_published_total',
      help: 'Messages of POST /events by outcome: OK, or an error code',
      labelNames: ['code'],
      registers: [metrics],
    });
  }

  /** Answers when the broker has confirmed the message. */
  @Post(':routingKey')
  @LargeBody('value')
  @HttpCode(200)
  @EventDocs()
  async publish(
    @Param('routingKey') routingKey: string,
    @Headers('x-message-id') givenId: string | undefined,
    @Req() request: FastifyRequest,
  ) {
    const { exchange } = this.config.processor;
    let messageId: string;
    try {
      const { text, value } = jsonBody(request);
      messageId = messageIdOf(givenId);
      checkRoutingKey(routingKey);
      if (value instanceof LongValue) await value.walk();
      await this.exchange.publish({
        exchange,
        routingKey,
        body: Buffer.from(text),
        messageId,
        contentType: 'application/json',
        headers: null,
        timestamp: Date.now(),
      });
    } catch (thrown) {
      const error = asAppError(thrown);
      this.published.inc({ code: error.code });
      throw error;
    }
    this.published.inc({ code: 'OK' });
    return {
      success: true,
      message: 'Event published',
      exchange,
      routing_key: routingKey,
      message_id: messageId,
    };
  }
}

function checkRoutingKey(key: string): void {
  if (key !== '' && Buffer.byteLength(key) <= MOST_KEY_BYTES) return;
  const msg = `A routing key has 1 to ${MOST_KEY_BYTES} bytes of UTF-8`;
  throw invalid([{ type: 'string_too_long', loc: ['path', 'routingKey'], msg }]);
}

/** The sender's own, so that a repeat makes no second file; else a new one. @throws AppError VALIDATION_FAILED */
function messageIdOf(given: string | undefined): string {
  if (given === undefined) return randomUUID();
  if (MESSAGE_ID.test(given)) return given;
  const msg = 'X-Message-Id must be 1 to 255 printable ASCII characters';
  throw invalid([{ type: 'string_pattern_mismatch', loc: ['header', 'X-Message-Id'], msg }]);
}
