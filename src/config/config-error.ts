/** Everything that is wrong with the environment, at once: names and rules, never a value. */
export class ConfigError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    super(['The configuration has mistakes:', ...mistakes.map((mistake) => `  - ${mistake}`)].join('\n'));
    this.name = 'ConfigError';
  }
}
