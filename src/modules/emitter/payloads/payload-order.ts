import type { PayloadOrder } from '../../../config/emitter-settings.js';

/** An array, or what is like one. */
export interface Payloads {
  readonly length: number;
  at(index: number): string | undefined;
}

/** Takes one payload of a list each time; the list may be another one from one call to the next. Never of an empty one. */
export type Picker = (payloads: Payloads) => string;

/** Equal ones in a row are passed over so far at most, as it is done within a tick. */
const MOST_EQUAL = 100;

/** @param random from 0 to 1, exclusive. */
export function pickerOf(order: PayloadOrder, random: () => number = Math.random): Picker {
  switch (order) {
    case 'random':
      return (payloads) => payloads.at(Math.floor(random() * payloads.length)) as string;
    case 'sequence':
      return sequence();
    case 'shuffle': {
      const shuffle = new Shuffle(random);
      return (payloads) => shuffle.next(payloads);
    }
  }
}

/** From the start again after the last one. In another list it goes on at the same place, as lists mostly grow at their end. */
function sequence(): Picker {
  let at = 0;
  return (payloads) => {
    if (at >= payloads.length) at = 0;
    at += 1;
    return payloads.at(at - 1) as string;
  };
}

/**
 * Each once a round. The shuffle of Fisher and Yates, one step a call, so that a long list delays no tick; what came
 * last is not the first of the next round or of another list, where there is a different one.
 */
class Shuffle {
  private payloads: Payloads = [];
  private places = new Uint32Array();
  private taken = 0;
  private last: string | undefined;

  constructor(private readonly random: () => number) {}

  next(payloads: Payloads): string {
    if (payloads !== this.payloads) {
      this.payloads = payloads;
      this.places = new Uint32Array(payloads.length);
      for (let place = 0; place < payloads.length; place += 1) this.places[place] = place;
      this.taken = 0;
    }
    if (this.taken === payloads.length) this.taken = 0;
    const left = payloads.length - this.taken;
    let at = this.taken + Math.floor(this.random() * left);
    if (this.taken === 0) at = this.otherThanLast(at);
    this.swap(this.taken, at);
    this.last = payloads.at(this.places[this.taken] as number);
    this.taken += 1;
    return this.last as string;
  }

  /** The first place from `at` on, round the list, whose payload is not the last one. */
  private otherThanLast(at: number): number {
    const { places, payloads, last } = this;
    for (let step = 0; step < Math.min(places.length, MOST_EQUAL); step += 1) {
      const place = (at + step) % places.length;
      if (payloads.at(places[place] as number) !== last) return place;
    }
    return at;
  }

  private swap(a: number, b: number): void {
    const { places } = this;
    [places[a], places[b]] = [places[b] as number, places[a] as number];
  }
}
