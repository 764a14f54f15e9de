import type { AppError } from '../core/errors.js';

/** Why a part does not do its work as it should now, although the process lives. */
export interface PartTrouble {
  part: string;
  code: string;
  message: string;
}

/** What keeps parts from their work beside the ports that they need: each part tells it, `/health` asks. */
export class PartHealth {
  private readonly looks: { part: string; look: () => AppError | null; stops: boolean }[] = [];

  /** `look` answers at once; null when nothing is wrong. `stops`: with that trouble the part cannot work at all. */
  watch(part: string, look: () => AppError | null, stops = true): void {
    this.looks.push({ part, look, stops });
  }

  /** One of these parts cannot work. */
  isStopped(parts: readonly string[]): boolean {
    return this.looks.some(({ part, look, stops }) => stops && parts.includes(part) && look() !== null);
  }

  troubles(): PartTrouble[] {
    return this.looks.flatMap(({ part, look }) => {
      const trouble = look();
      return trouble ? [{ part, code: trouble.code, message: trouble.message }] : [];
    });
  }
}
