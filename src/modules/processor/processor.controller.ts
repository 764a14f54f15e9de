import { Catch, Controller, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import type { Delivery } from '../../ports/message-exchange.port.js';
import { ProcessorService } from './processor.service.js';

/** What arrives on any of the bindings: one logical name, since those are the operator's to choose. */
export const PROCESSOR_MESSAGE = 'processor.message';

/** Nest turns an unknown error of a handler into "Internal server error": the transport needs ours whole. */
@Catch()
export class WholeErrors implements RpcExceptionFilter<unknown> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

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
