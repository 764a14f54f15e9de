import type { AppError } from '../core/errors.js';

/** Why a part does not do its work now, although the process lives. */
export interface PartTrouble {
  part: string;
  code: string;
  message: string;
}

/** What keeps parts from their work beside the ports that they need: each part tells it, `/health` asks. */
export class PartHealth {
  private readonly looks: { part: string; look: () => AppError | null }[] = [];

  /** `look` answers at once; null when nothing is wrong. */
  watch(part: string, look: () => AppError | null): void {
    this.looks.push({ part, look });
  }

  troubles(): PartTrouble[] {
    return this.looks.flatMap(({ part, look }) => {
      const trouble = look();
      return trouble ? [{ part, code: trouble.code, message: trouble.message }] : [];
    });
  }
}
