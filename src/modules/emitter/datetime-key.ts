/**
 * The `Idempotency-Key` of the datetime message of one planned time (milliseconds since the Unix epoch): the same
 * wherever it is sent from, by the running service or by `emit:once`.
 */
export function datetimeKey(environment: string, plannedAtMs: number): string {
  return `datetime-${environment}-${plannedAtMs}`;
}
