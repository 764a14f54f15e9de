import { decoded, maskText, SECRET_NAME } from '../core/secret-text.js';
import type { EmitterSettings } from './emitter-settings.js';
import { docOf, type Variables } from './variable.js';

/** Headers whose values nobody is to see, besides those with a telling name. */
const SECRET_HEADER = /cookie/i;

/** The value of every secret variable that is set; of a URL, what is secret in it. */
export function secretsOfVariables(
  env: Readonly<Record<string, string>>,
  groups: readonly Variables[],
): string[] {
  const names = groups.flatMap(({ shape }) =>
    Object.keys(shape).filter((name) => docOf(shape[name]!).secret),
  );
  const values = [...new Set(names)].map((name) => env[name]).filter((value) => value !== undefined);
  return values.flatMap((value) => (value.includes('://') ? secretsIn(value) : [value, value.trim()]));
}

/** What emitters send as secret headers and in their addresses; the credentials of `Bearer xyz` also alone. */
export function secretsOfEmitters(emitters: readonly EmitterSettings[]): string[] {
  return emitters.flatMap(({ target, signingSecret, preflight }) => [
    ...Object.entries(target.headers)
      .filter(([name]) => SECRET_NAME.test(name) || SECRET_HEADER.test(name))
      .flatMap(([, value]) => [value, value.slice(value.lastIndexOf(' ') + 1)]),
    ...(target.kind === 'http' ? secretsIn(target.url.href) : []),
    ...(preflight ? secretsIn(preflight.href) : []),
    ...(signingSecret === null ? [] : [signingSecret]),
  ]);
}

/** As they stand in the URL, and decoded. */
function secretsIn(url: string): string[] {
  const secrets: string[] = [];
  maskText(url, secrets);
  return secrets.flatMap((secret) => [secret, decoded(secret)]);
}
