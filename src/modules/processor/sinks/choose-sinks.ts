import type { FactoryProvider } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config.js';
import type { SinkName } from '../../../config/processor-settings.js';
import { CONFIG } from '../../../process/tokens.js';
import { FileSink } from './file.sink.js';
import { HttpSink } from './http.sink.js';
import { SINKS, type Sink } from './sink.js';
import { TopicSink } from './topic.sink.js';

/** The sinks of PROCESSOR_SINKS. */
export const chosenSinks: FactoryProvider<Sink[]> = {
  provide: SINKS,
  inject: [CONFIG, FileSink, HttpSink, TopicSink],
  useFactory: (config: AppConfig, file: FileSink, http: HttpSink, topic: TopicSink) => {
    const all: Record<SinkName, Sink> = { file, http, topic };
    return config.processor.sinks.map((name) => all[name]);
  },
};
