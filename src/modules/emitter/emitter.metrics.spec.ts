import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { resultOf } from '../../../test/emitter/emitting.js';
import { EmitterMetrics } from './emitter.metrics.js';

let registry: Registry;
let metrics: EmitterMetrics;

beforeEach(() => {
  registry = new Registry();
  metrics = new EmitterMetrics(registry);
});

describe('the metrics of emitters', () => {
  it('count sends, ends, attempts, lateness and latency by emitter', async () => {
    metrics.taken('alpha');
    metrics.began('alpha', 3);
    metrics.ended('alpha', resultOf({ latencyMs: 40 }));
    metrics.ended('alpha', resultOf({ end: 'delivered', attempts: 1, latencyMs: 4 }));
    const text = await registry.metrics();
    expect(text).toContain('carillon_emitter_planned_total{emitter="alpha"} 1');
    expect(text).toContain('carillon_emitter_sent_total{emitter="alpha"} 1');
    expect(text).toContain('carillon_emitter_ends_total{emitter="alpha",end="given_up"} 1');
    expect(text).toContain('carillon_emitter_ends_total{emitter="alpha",end="delivered"} 1');
    expect(text).toContain('carillon_emitter_attempts_total{emitter="alpha"} 4');
    expect(text).toContain('carillon_emitter_lateness_seconds_bucket{le="0.002",emitter="alpha"} 0');
    expect(text).toContain('carillon_emitter_lateness_seconds_bucket{le="0.005",emitter="alpha"} 1');
    expect(text).toContain('carillon_emitter_latency_seconds_count{emitter="alpha"} 2');
  });

  it('have no latency of what was never attempted', async () => {
    metrics.ended('alpha', resultOf({ attempts: 0, latencyMs: 0 }));
    expect(await registry.metrics()).not.toContain('carillon_emitter_latency_seconds_count{');
  });

  it('show what is so at the moment they are asked for', async () => {
    const inFlight = new Map([['alpha', 2]]);
    metrics.watch({
      inFlight: () => inFlight,
      givenUpFiles: () => new Map([['alpha', 7]]),
      circuits: () => [{ address: 'https://a.example', state: 'open' }],
    });
    const text = await registry.metrics();
    expect(text).toContain('carillon_emitter_in_flight{emitter="alpha"} 2');
    expect(text).toContain('carillon_emitter_given_up_files{emitter="alpha"} 7');
    expect(text).toContain('carillon_emitter_circuit_state{target="https://a.example"} 2');
    inFlight.clear();
    inFlight.set('beta', 1);
    const later = await registry.metrics();
    expect(later).toContain('carillon_emitter_in_flight{emitter="beta"} 1');
    expect(later).not.toContain('carillon_emitter_in_flight{emitter="alpha"}');
  });
});
