/**
 * The body of the datetime message: JSON text `{"datetime":"YYYY-MM-DDTHH:MM:SS+01:00","environment":E}`. Local time
 * of the process's zone (TZ) with its offset at that moment, so that both a `timestamp` column of PostgreSQL, which
 * drops the offset, and a `timestamptz` column take it.
 *
 * @param plannedAtMs milliseconds since the Unix epoch; cut to the second.
 * @param offsetMin minutes that local time is ahead of UTC.
 */
export function datetimeMessage(
  plannedAtMs: number,
  environment: string,
  offsetMin = -new Date(plannedAtMs).getTimezoneOffset(),
): string {
  return JSON.stringify({ datetime: localTime(plannedAtMs, offsetMin), environment });
}

/** ISO 8601 with the offset, `+00:00` for UTC. */
function localTime(atMs: number, offsetMin: number): string {
  const local = new Date(atMs + offsetMin * 60_000).toISOString().slice(0, 19);
  const minutes = Math.round(Math.abs(offsetMin));
  const part = (value: number) => String(value).padStart(2, '0');
  return `${local}${offsetMin < 0 ? '-' : '+'}${part(Math.floor(minutes / 60))}:${part(minutes % 60)}`;
}
