/** `2XX`, `200` or `200-299`; from 100 to 599. */
const FORM = /^(?:([1-5])XX|([1-5]\d\d)(?:-([1-5]\d\d))?)$/i;

export function isStatusPattern(text: string): boolean {
  return FORM.test(text.replaceAll(' ', ''));
}

export function isAccepted(status: number, patterns: readonly string[]): boolean {
  return patterns.some((text) => {
    const [, hundreds, from, to = from] = FORM.exec(text.replaceAll(' ', '')) ?? [];
    if (hundreds) return Math.floor(status / 100) === Number(hundreds);
    return status >= Number(from) && status <= Number(to);
  });
}
