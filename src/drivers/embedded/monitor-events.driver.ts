import { z } from 'zod';
import { MonitorEvents } from '../../ports/monitor-events.port.js';
import { defineDriver } from '../define-driver.js';
import { EmbeddedMonitorEvents } from './monitor-events.js';

/** Monitor events within this process, for a scheduler and workers that run together. */
export default defineDriver({
  name: 'embedded',
  port: MonitorEvents,
  address: [],
  variables: z.object({}),
  open: (_options, { logger }) => Promise.resolve(new EmbeddedMonitorEvents(logger)),
});
