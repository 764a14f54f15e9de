import { Module } from '@nestjs/common';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { ProducerController } from './producer.controller.js';
import { ProducerService } from './producer.service.js';
import { TailService } from './tail.service.js';
import { TopicsController } from './topics.controller.js';

/** `POST /produce`, topics, reading back. */
@Module({
  imports: [GatewayModule],
  controllers: [ProducerController, TopicsController],
  providers: [ProducerService, TailService],
})
export class ProducerModule {}
