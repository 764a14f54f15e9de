import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { AppConfig } from '../config/app-config.js';
import { OpenPorts } from '../ports/open-ports.js';
import type { Port, PortClass } from '../ports/port.js';
import type { DriverContext } from './define-driver.js';
import { warnOfOpenFolder } from './private-storage.js';

/** Opens, once each, the ports that the running parts need, and hands them to whoever injects their class. */
@Global()
@Module({})
export class DriversModule {
  static async forRoot(config: AppConfig, context: DriverContext): Promise<DynamicModule> {
    await warnOfOpenFolder(context.dataFolder, context.logger);
    const open = await openAll(config, context);
    const providers: Provider[] = [
      { provide: OpenPorts, useValue: new OpenPorts(open) },
      ...[...open].map(([provide, useValue]) => ({ provide, useValue })),
    ];
    return { module: DriversModule, providers, exports: providers };
  }
}

/** When one cannot be opened, those before it are closed again. */
async function openAll(config: AppConfig, context: DriverContext): Promise<Map<PortClass, Port>> {
  const open = new Map<PortClass, Port>();
  try {
    for (const { port, driver, options } of config.drivers) {
      open.set(port, await driver.open(options, context));
      context.logger.info({ port: port.name, driver: driver.name }, `${port.name}: ${driver.name} driver`);
    }
    return open;
  } catch (error) {
    await new OpenPorts(open).close(config.shutdown.timeoutMs);
    throw error;
  }
}
