import { describeMessageExchange } from '../../contracts/message-exchange.contract.js';
import { describeWithServers, startedRabbitmq } from '../../support/servers/index.js';
import { openRabbitmq, unusedName } from './open-rabbitmq.js';

describeWithServers(['rabbitmq'], 'the port’s promises', () => {
  describeMessageExchange('rabbitmq', async () => {
    const { url } = await startedRabbitmq();
    const exchange = await openRabbitmq(url);
    return { exchange, newName: unusedName, close: async () => void (await exchange.close(10_000)) };
  });
});
