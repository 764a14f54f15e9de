import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ErrorFilter } from './error-filter.js';
import { ErrorTranslator } from './error-translator.js';
import { RootController } from './root.controller.js';

/** The edge that all parts share. */
@Global()
@Module({
  controllers: [RootController],
  providers: [ErrorTranslator, { provide: APP_FILTER, useClass: ErrorFilter }],
  exports: [ErrorTranslator],
})
export class HttpModule {}
