import type { ProcessUsage } from './process-usage.js';

/** Between two looks at a child, in milliseconds. */
export const LOOK_MS = 250;
/** A child hangs when it was silent for so many looks and used so much CPU meanwhile: a busy machine is no hang. */
const HANG = { looks: 8, cpuMs: 1_600 };
/** Silent for so many looks, it hangs whatever CPU it had. */
const MOST_SILENT_LOOKS = 40;

/** Whether a child responds: each look asks for a sign of life, once the last question was answered. */
export class Pulse {
  private isHeard = true;
  private silentLooks = 0;
  private cpuMs = 0;

  heard(): void {
    this.isHeard = true;
  }

  /** `ping`: ask for a sign. A number: it hangs, and was silent for so many milliseconds. Null: wait. */
  look(usage: ProcessUsage | null): 'ping' | number | null {
    if (this.isHeard) {
      this.isHeard = false;
      this.silentLooks = 0;
      this.cpuMs = usage?.cpuMs ?? 0;
      return 'ping';
    }
    this.silentLooks += 1;
    const isSpinning = usage !== null && usage.cpuMs - this.cpuMs >= HANG.cpuMs;
    const hangs = this.silentLooks >= MOST_SILENT_LOOKS || (this.silentLooks >= HANG.looks && isSpinning);
    return hangs ? this.silentLooks * LOOK_MS : null;
  }
}
