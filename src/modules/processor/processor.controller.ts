import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { Delivery } from '../../ports/message-exchange.port.js';
import { WholeErrors } from '../../process/whole-errors.js';
import { ProcessorService } from './processor.service.js';

/** What arrives on any of the bindings: one logical name, since those are the operator's to choose. */
export const PROCESSOR_MESSAGE = 'processor.message';

/** The room in which messages are worked on. The acknowledgement follows the promise. */
@Controller()
@UseFilters(WholeErrors)
export class ProcessorController {
  constructor(private readonly service: ProcessorService) {}

  @EventPattern(PROCESSOR_MESSAGE)
  handle(@Payload() delivery: Delivery): Promise<void> {
    return this.service.process(delivery);
  }
}
