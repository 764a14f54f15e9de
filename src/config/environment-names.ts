const NAME = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Text in which `${NAME}` stands for a variable; what is wrong with it, otherwise. */
export function fromEnvironment(
  text: string,
  env: Readonly<Record<string, string>>,
): { text: string } | { wrong: string } {
  const missing = [...text.matchAll(NAME)]
    .map(([, name = '']) => name)
    .find((name) => env[name] === undefined);
  if (missing !== undefined) return { wrong: `names the environment variable ${missing}, which is not set` };
  if (text.replace(NAME, '').includes('${'))
    return { wrong: 'has a ${ that names no environment variable: write ${NAME}' };
  return { text: text.replace(NAME, (_, name: string) => env[name] as string) };
}
