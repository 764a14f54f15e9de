import type { AuthenticationProviderArgs, Authenticator } from 'kafkajs';
import { iterationsMistake } from '../clients/scram-iterations.js';

type Provider = (args: AuthenticationProviderArgs) => Authenticator;

/** kafkajs does not export them. */
const MODULES = {
  'SCRAM-SHA-256': 'kafkajs/src/broker/saslAuthenticator/scram256.js',
  'SCRAM-SHA-512': 'kafkajs/src/broker/saslAuthenticator/scram512.js',
} as const;

export type ScramMechanism = keyof typeof MODULES;

export function isScram(mechanism: string): mechanism is ScramMechanism {
  return Object.hasOwn(MODULES, mechanism);
}

/** The login of kafkajs, but for brokers that are not trusted: one that asks for work without end gets none. */
export async function scramLogin(
  mechanism: ScramMechanism,
  login: { username: string; password: string },
): Promise<Provider> {
  const loaded = (await import(MODULES[mechanism])) as { default: (given: typeof login) => Provider };
  const provider = loaded.default(login);
  return (args) =>
    provider({
      ...args,
      saslAuthenticate: async (asked) => {
        const answer = await args.saslAuthenticate(asked);
        const mistake = iterationsMistake(`i=${(answer as { i?: string } | undefined)?.i}`);
        if (mistake) throw new Error(mistake);
        return answer;
      },
    });
}
