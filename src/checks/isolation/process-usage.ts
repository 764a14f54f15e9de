import { readFileSync } from 'node:fs';

export interface ProcessUsage {
  rssBytes: number;
  /** CPU that it used so far, in milliseconds; Linux counts in steps of 10 ms. */
  cpuMs: number;
}

const TICK_MS = 10;

/** What /proc says of a process; null where there is no /proc, or no such process. */
export function usageOf(pid: number): ProcessUsage | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const rssKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    // Fields 14 and 15, counted behind the name, which may hold blanks. Source: proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { rssBytes: rssKb * 1024, cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
  } catch {
    return null;
  }
}
