import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ErrorFilter } from './error-filter.js';
import { ErrorTranslator } from './error-translator.js';
import { RootController } from './root.controller.js';
import { RouteMethods } from './route-methods.js';

/** The edge that all parts share. */
@Global()
@Module({
  controllers: [RootController],
  providers: [ErrorTranslator, RouteMethods, { provide: APP_FILTER, useClass: ErrorFilter }],
  exports: [ErrorTranslator],
})
export class HttpModule {}
