import { Module } from '@nestjs/common';
import { KeyedSends } from './keyed-sends.js';
import { SendService } from './send.service.js';

/** What the parts `producer` and `batch` share. */
@Module({ providers: [KeyedSends, SendService], exports: [SendService] })
export class GatewayModule {}
