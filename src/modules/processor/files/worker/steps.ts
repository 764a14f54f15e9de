import { channel } from 'node:diagnostics_channel';

/** What a batch has just done: tests end the process there. Costs nothing while nobody listens. */
export type Step =
  'parts' | 'listed' | 'durable' | 'claim' | 'claimed' | 'place' | 'placed' | 'entered' | 'done';

const steps = channel('carillon:files:step');

export function step(name: Step): void {
  if (steps.hasSubscribers) steps.publish(name);
}
