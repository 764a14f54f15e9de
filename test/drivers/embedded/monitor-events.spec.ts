import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import driver from '../../../src/drivers/embedded/monitor-events.driver.js';
import { created, describeMonitorEvents, listening } from '../../contracts/monitor-events.contract.js';
import { driverContext } from '../../support/driver-context.js';

const open = async () => driver.open(driver.variables.parse({}), await driverContext());

describeMonitorEvents('embedded', async () => {
  const events = await open();
  return { here: events, there: events, close: async () => void (await events.close(5_000)) };
});

describe('a listener that throws', () => {
  it('is one line of the log, however often it does', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(line) });
    const events = await driver.open({}, { ...(await driverContext()), logger });
    events.listen({
      onEvent: () => {
        throw new Error('a broken listener');
      },
      onGap: () => undefined,
    });
    const listener = await listening(events);
    for (let i = 0; i < 50; i++) await events.publish(created(`${i}`));
    expect(listener.events).toHaveLength(50);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('A listener to monitor events failed: a broken listener.');
  });
});
