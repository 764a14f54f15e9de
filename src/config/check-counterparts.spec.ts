import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineDriver, type DriverDefinition } from '../drivers/define-driver.js';
import { Port } from '../ports/port.js';
import { loadConfig } from './load-config.js';

abstract class Queue extends Port {}
abstract class Bus extends Port {}

const driver = (port: typeof Queue | typeof Bus, name: string, address: string[]) =>
  defineDriver({
    name,
    port,
    address,
    variables: z.object({}),
    open: () => Promise.reject(new Error('not opened here')),
  }) as DriverDefinition;

const drivers = [
  driver(Queue, 'embedded', []),
  driver(Queue, 'redis', ['REDIS_HOST', 'REDIS_URL']),
  driver(Bus, 'embedded', []),
];
const parts = {
  planner: { needs: () => [Queue], counterparts: [{ port: Queue, part: 'worker' }] },
  worker: { needs: () => [Queue], counterparts: [{ port: Queue, part: 'planner' }] },
  crier: { needs: () => [Bus], counterparts: [{ port: Bus, part: 'hearer' }] },
  hearer: { needs: () => [Bus] },
};

function mistakes(env: Record<string, string>): string[] {
  try {
    loadConfig(env, { parts, drivers });
    return [];
  } catch (error) {
    return [...(error as { mistakes: string[] }).mistakes];
  }
}

describe('A part at one end of an embedded port', () => {
  it.each([
    ['planner', 'worker'],
    ['worker', 'planner'],
  ])('%s does not run without %s', (part, other) => {
    expect(mistakes({ MODULES: part })).toEqual([
      `MODULES has ${part} without ${other}, but the embedded Queue reaches no other process: add ${other}, or name a server for both with REDIS_HOST or REDIS_URL`,
    ]);
    expect(mistakes({ MODULES: part, REDIS_HOST: 'embedded' })).toHaveLength(1);
  });

  it('runs with its other end, or on a server', () => {
    expect(mistakes({ MODULES: 'planner,worker' })).toEqual([]);
    expect(mistakes({ MODULES: 'all' })).toEqual([]);
    expect(mistakes({ MODULES: 'planner', REDIS_URL: 'redis://r' })).toEqual([]);
    expect(mistakes({ MODULES: 'worker', REDIS_HOST: 'r' })).toEqual([]);
  });

  it('names the part alone where there is no server to name', () => {
    expect(mistakes({ MODULES: 'crier' })).toEqual([
      'MODULES has crier without hearer, but the embedded Bus reaches no other process: add hearer',
    ]);
    expect(mistakes({ MODULES: 'hearer' })).toEqual([]);
  });
});
