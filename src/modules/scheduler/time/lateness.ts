/** Exact to 1 ms up to here; 5 % beyond. */
const FINE_MS = 128;
const GROWTH = Math.log(1.05);
/** Up to some three days; what is later counts as that. */
const BUCKETS = FINE_MS + 300;
const SPAN_MS = 100_000;
const SPANS = 10;

/** Milliseconds. */
export interface LatenessView {
  /** Of how many ticks. */
  ticks: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

interface Span {
  number: number;
  counts: Uint32Array;
  ticks: number;
  max: number;
}

/** From the planned time to the queue's answer, over the last 900 to 1,000 seconds. Records without sorting or storing. */
export class Lateness {
  private readonly spans: Span[] = Array.from({ length: SPANS }, () => ({
    number: -1,
    counts: new Uint32Array(BUCKETS),
    ticks: 0,
    max: 0,
  }));

  /** @param now a clock that is never set back, milliseconds */
  constructor(private readonly now: () => number) {}

  record(ms: number, ticks = 1): void {
    const span = this.span();
    const bucket = bucketOf(ms);
    span.counts[bucket] = (span.counts[bucket] ?? 0) + ticks;
    span.ticks += ticks;
    if (ms > span.max) span.max = ms;
  }

  /** Null without any tick. */
  snapshot(): LatenessView | null {
    const oldest = Math.floor(this.now() / SPAN_MS) - SPANS;
    const spans = this.spans.filter(({ number, ticks }) => number > oldest && ticks > 0);
    const ticks = spans.reduce((sum, span) => sum + span.ticks, 0);
    if (ticks === 0) return null;
    const max = Math.max(...spans.map((span) => span.max));
    const at = (share: number) => Math.min(max, valueAt(spans, Math.ceil(share * ticks)));
    return { ticks, p50: at(0.5), p95: at(0.95), p99: at(0.99), max };
  }

  private span(): Span {
    const number = Math.floor(this.now() / SPAN_MS);
    const span = this.spans[number % SPANS]!;
    if (span.number !== number) {
      span.counts.fill(0);
      Object.assign(span, { number, ticks: 0, max: 0 });
    }
    return span;
  }
}

function bucketOf(ms: number): number {
  if (ms < FINE_MS) return Math.max(0, Math.floor(ms));
  return Math.min(BUCKETS - 1, FINE_MS + Math.floor(Math.log(ms / FINE_MS) / GROWTH));
}

/** By nearest rank: the upper end of the bucket in which the tick of that rank lies. */
function valueAt(spans: readonly Span[], rank: number): number {
  let below = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    for (const { counts } of spans) below += counts[bucket] ?? 0;
    if (below >= rank)
      return bucket < FINE_MS ? bucket : Math.round(FINE_MS * Math.exp(GROWTH * (bucket - FINE_MS + 1)));
  }
  return Infinity;
}
