import { Module } from '@nestjs/common';
import { GatewayModule } from '../../gateway/gateway.module.js';
import { BatchController } from './batch.controller.js';
import { BatchMetrics } from './batch.metrics.js';
import { BatchService } from './batch.service.js';
import { StreamReader } from './stream-reader.js';
import { StreamService } from './stream.service.js';

/** `POST /produce/batch` and `POST /produce/stream`. */
@Module({
  imports: [GatewayModule],
  controllers: [BatchController],
  providers: [BatchService, BatchMetrics, StreamReader, StreamService],
})
export class BatchModule {}
