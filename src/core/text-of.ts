const NO_TEXT = 'something was thrown that has no text';

/** What was thrown, in words: an error's message, or the text of anything else. Never throws, whatever it is given. */
export function textOf(thrown: unknown): string {
  try {
    // Not instanceof: errors of Node's core come from another realm in some runners.
    const message: unknown = (thrown as Error | null | undefined)?.message;
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    return NO_TEXT;
  }
}
