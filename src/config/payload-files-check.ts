import { AppError } from '../core/errors.js';
import { checkPayloadFile, payloadBounds, unreadable } from '../core/payload-list.js';
import { readWholeFile } from './read-whole-file.js';

/** Looks at payload files, each one once however many emitters it serves. */
export class PayloadFilesCheck {
  private readonly mistakes = new Map<string, string | undefined>();
  /** Of the files looked at. */
  private bytes = 0;

  /**
   * What is wrong with a file, in the words of the propagator's contract; undefined when nothing is.
   *
   * @param path absolute.
   * @param shownPath as it was written.
   */
  mistake(path: string, shownPath: string): string | undefined {
    if (!this.mistakes.has(path)) this.mistakes.set(path, this.look(path, shownPath));
    return this.mistakes.get(path);
  }

  private look(path: string, shownPath: string): string | undefined {
    try {
      const bytes = readWholeFile(path, (stat) => checkPayloadFile(stat, shownPath, this.bytes));
      payloadBounds(bytes, shownPath);
      this.bytes += bytes.length;
      return undefined;
    } catch (error) {
      return (error instanceof AppError ? error : unreadable(error, shownPath)).message;
    }
  }
}
