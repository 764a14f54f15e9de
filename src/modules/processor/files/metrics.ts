import { Counter, Histogram, type Registry } from 'prom-client';
import type { BatchOutcome } from './file-to-write.js';

const FILES = 'carillon_processor_files_total';
const BYTES = 'carillon_processor_file_bytes_total';
const FSYNC = 'carillon_processor_fsync_seconds';
const SWEPT = 'carillon_processor_claims_swept_total';

/** What the file store counts. */
export class FileMetrics {
  private readonly files: Counter;
  private readonly bytes: Counter;
  private readonly fsync: Histogram;
  private readonly swept: Counter;

  constructor(registry: Registry) {
    for (const name of [FILES, BYTES, FSYNC, SWEPT]) registry.removeSingleMetric(name);
    const registers = [registry];
    this.files = new Counter({
      name: FILES,
      help: 'Messages by what became of their file: written, known (made before), finished (left by a dead process) or failed.',
      labelNames: ['outcome'],
      registers,
    });
    this.bytes = new Counter({ name: BYTES, help: 'Bytes of the files written.', registers });
    this.fsync = new Histogram({
      name: FSYNC,
      help: 'How long a batch of files waited for the disk in all.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    });
    this.swept = new Counter({ name: SWEPT, help: 'Message ids forgotten as too old.', registers });
  }

  written(outcomes: readonly BatchOutcome[], syncMs: number): void {
    const counts = { written: 0, known: 0, refused: 0 };
    let bytes = 0;
    for (const outcome of outcomes) {
      counts[outcome.outcome] += 1;
      if (outcome.outcome === 'written') bytes += outcome.bytes;
    }
    this.files.inc({ outcome: 'written' }, counts.written);
    this.files.inc({ outcome: 'known' }, counts.known);
    this.failed(counts.refused);
    this.bytes.inc(bytes);
    this.fsync.observe(syncMs / 1000);
  }

  failed(files: number): void {
    this.files.inc({ outcome: 'failed' }, files);
  }

  finished(files: number): void {
    this.files.inc({ outcome: 'finished' }, files);
  }

  forgotten(claims: number): void {
    this.swept.inc(claims);
  }
}
