import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { GatewaySettings } from '../config/gateway-settings.js';
import type { Variables } from '../config/variable.js';
import type { Port, PortClass } from '../ports/port.js';

/** What a driver gets besides its own variables. */
export interface DriverContext {
  dataFolder: string;
  /** Limits that the parts promise to their users: deadlines, key lifetimes. */
  gateway: GatewaySettings;
  logger: Logger;
  metrics: Registry;
}

/** One way to keep a port's promises: the default export of `src/drivers/<technology>/<port>.driver.ts`. */
export interface DriverDefinition<P extends Port = Port, V extends Variables = Variables> {
  /** `embedded`, or the technology. */
  name: string;
  port: PortClass<P>;
  /** The variables whose presence chooses this driver; none for the embedded one, which is the default. */
  address: readonly string[];
  /** The values of its address that mean this driver, lower case, where several share a variable; unset: all. */
  values?: readonly string[];
  /** In production too the embedded driver serves without a word where no address of this one is set. */
  optional?: boolean;
  /** Its own variables, read only when it is chosen. */
  variables: V;
  /** Imports the driver's npm package, so that a process loads only what it runs; does not wait for the server. */
  open(options: z.output<V>, context: DriverContext): Promise<P>;
}

/** Types a driver by its port and its variables. */
export function defineDriver<P extends Port, V extends Variables>(
  definition: DriverDefinition<P, V>,
): DriverDefinition<P, V> {
  return definition;
}
