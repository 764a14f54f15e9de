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
  const named = candidates.find((driver) => driver.address.some((name) => env[name] && !isEmbedded(name)));
  if (named) return named;
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

/** The variables that name a server for this port. */
export function addressesOf(port: PortClass, drivers: readonly DriverDefinition[]): string[] {
  return [...new Set(drivers.filter((driver) => driver.port === port).flatMap(({ address }) => address))];
}
