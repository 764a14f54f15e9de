import type { DriverDefinition } from '../drivers/define-driver.js';
import type { PortClass } from '../ports/port.js';
import type { ChosenDriver } from './app-config.js';
import { readVariables } from './read-variables.js';

export interface DriverChoice {
  env: Readonly<Record<string, string>>;
  production: boolean;
  drivers: readonly DriverDefinition[];
  mistakes: string[];
}

/** One driver for each port, by the addresses in the environment; what is wrong goes to `mistakes`. */
export function chooseDrivers(ports: Iterable<PortClass>, choice: DriverChoice): ChosenDriver[] {
  return [...ports].flatMap((port) => {
    const driver = driverFor(port, choice);
    const options = driver && readVariables(driver.variables, choice.env, choice.mistakes);
    return driver && options ? [{ port, driver, options }] : [];
  });
}

function driverFor(port: PortClass, { env, production, drivers, mistakes }: DriverChoice) {
  const candidates = drivers.filter((driver) => driver.port === port);
  const isEmbedded = (name: string) => env[name]?.trim().toLowerCase() === 'embedded';
  const given = candidates.filter((driver) => driver.address.some((name) => env[name] && !isEmbedded(name)));
  const named = given.find((driver) => isMeant(driver, env));
  if (named) return named;
  if (given.length > 0) {
    mistakes.push(unknownValue(given));
    return undefined;
  }
  const addresses = addressesOf(
    port,
    drivers.filter((driver) => !driver.optional),
  );
  if (production && addresses.length > 0 && !addresses.some(isEmbedded)) {
    mistakes.push(
      `${addresses.join(' or ')} must name the server of ${port.name} in production, or say embedded`,
    );
  }
  return candidates.find((driver) => driver.address.length === 0);
}

function isMeant({ address, values }: DriverDefinition, env: DriverChoice['env']): boolean {
  return !values || address.some((name) => values.includes(env[name]?.trim().toLowerCase() ?? ''));
}

function unknownValue(given: readonly DriverDefinition[]): string {
  const [name] = given.flatMap(({ address }) => address);
  const values = given.flatMap((driver) => driver.values ?? []);
  return `${name} must be one of ${[...values, 'embedded'].join(', ')}`;
}

/** The variables that name a server for this port. */
export function addressesOf(port: PortClass, drivers: readonly DriverDefinition[]): string[] {
  return [...new Set(drivers.filter((driver) => driver.port === port).flatMap(({ address }) => address))];
}
