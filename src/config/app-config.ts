import type { DriverDefinition } from '../drivers/define-driver.js';
import type { Port, PortClass } from '../ports/port.js';
import type { EmittersSettings } from './emitter-settings.js';
import type { GatewaySettings } from './gateway-settings.js';
import type { ProcessorSettings } from './processor-settings.js';
import type { SchedulerSettings } from './scheduler-settings.js';
import type { WorkerSettings } from './worker-settings.js';

/** A driver that was chosen for a port, with its checked options. */
export interface ChosenDriver {
  port: PortClass;
  driver: DriverDefinition;
  options: Record<string, unknown>;
}

export interface HttpSettings {
  host: string;
  port: number;
  allowedHosts: string[];
  bodyLimit: number;
  bodiesLimit: number;
  bodyTimeoutMs: number;
  maxConnections: number;
  maxConnectionsPerAddress: number;
  headersTimeoutMs: number;
}

/** Proxies for requests that this process sends. */
export interface ProxySettings {
  http: URL | undefined;
  https: URL | undefined;
  /** Hosts that are asked directly, divided by commas. */
  no: string | undefined;
}

export interface LogSettings {
  level: 'debug' | 'info' | 'warn' | 'error';
  pretty: boolean;
}

/** The whole configuration, checked; nothing else reads the environment. */
export interface AppConfig {
  parts: string[];
  production: boolean;
  http: HttpSettings;
  proxies: ProxySettings;
  log: LogSettings;
  dataFolder: string;
  shutdown: { delayMs: number; timeoutMs: number };
  readyRequires: string[];
  gateway: GatewaySettings;
  processor: ProcessorSettings;
  /** Without emitters where the part does not run. */
  emitter: EmittersSettings;
  scheduler: SchedulerSettings;
  worker: WorkerSettings;
  /** The ports that each running part needs. */
  needs: Readonly<Record<string, PortClass[]>>;
  /** In the order in which they are opened. */
  drivers: ChosenDriver[];
  /** What no log line, answer or error may hold. */
  secrets: string[];
  /** What is odd but not wrong; logged once at start. */
  warnings: string[];
}

/** The part of the configuration that decides which ports a part needs. */
export type NeedsConfig = Pick<AppConfig, 'gateway' | 'processor' | 'emitter' | 'scheduler' | 'worker'>;

/** What can run in a process: see PARTS in app.module.ts. */
export interface PartSpec {
  needs(config: NeedsConfig): PortClass<Port>[];
  /** Parts without which this one cannot run in the same process. */
  requires?: readonly string[];
  /**
   * The part that takes out of `port` what this one puts in, or the reverse. They may run in different processes, but
   * not when the port is embedded.
   */
  counterparts?: readonly { port: PortClass; part: string }[];
}
