import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ErrorFilter } from './error-filter.js';
import { ErrorTranslator } from './error-translator.js';
import { LargeAnswers } from './large-answer.js';
import { RootController } from './root.controller.js';
import { RouteMethods } from './route-methods.js';

/** The edge that all parts share. */
@Global()
@Module({
  controllers: [RootController],
  providers: [ErrorTranslator, LargeAnswers, RouteMethods, { provide: APP_FILTER, useClass: ErrorFilter }],
  exports: [ErrorTranslator, LargeAnswers],
})
export class HttpModule {}
