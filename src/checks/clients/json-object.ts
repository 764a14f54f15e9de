/** Whether a field's text is a JSON object; an empty one stands for `{}`. */
export function isJsonObject(text: string): boolean {
  try {
    const read: unknown = text === '' ? {} : JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read);
  } catch {
    return false;
  }
}
