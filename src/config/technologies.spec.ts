import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineDriver } from '../drivers/define-driver.js';
import { MonitorStore } from '../ports/monitor-store.port.js';
import { TaskQueue } from '../ports/task-queue.port.js';
import type { ChosenDriver } from './app-config.js';
import { queueBeyondStore } from './technologies.js';

function chosen(port: ChosenDriver['port'], address: string[]): ChosenDriver {
  const open = () => Promise.reject(new Error('not opened here'));
  const driver = defineDriver({ name: 'any', port, address, variables: z.object({}), open });
  return { port, driver: driver, options: {} };
}

const redis = chosen(TaskQueue, ['REDIS_HOST']);
const file = chosen(MonitorStore, []);

describe('a queue that reaches farther than the monitors', () => {
  it('is told, with what to write', () => {
    expect(queueBeyondStore({}, [redis, file])).toEqual([expect.stringContaining('DB_TYPE=postgres')]);
  });

  it('is what was asked for with DB_TYPE=embedded', () => {
    expect(queueBeyondStore({ DB_TYPE: 'embedded' }, [redis, file])).toEqual([]);
  });

  it('is none where both are here, both are there, or only one is needed', () => {
    expect(queueBeyondStore({}, [chosen(TaskQueue, []), file])).toEqual([]);
    expect(queueBeyondStore({}, [redis, chosen(MonitorStore, ['DB_TYPE'])])).toEqual([]);
    expect(queueBeyondStore({}, [chosen(TaskQueue, []), chosen(MonitorStore, ['DB_TYPE'])])).toEqual([]);
    expect(queueBeyondStore({}, [redis])).toEqual([]);
    expect(queueBeyondStore({}, [file])).toEqual([]);
  });
});
