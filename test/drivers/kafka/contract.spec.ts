import { describeRecordLog } from '../../contracts/record-log.contract.js';
import { unusedName } from '../../contracts/record-log.support.js';
import { describeWithServers, startedKafka } from '../../support/servers/index.js';
import { openKafka } from './open-kafka.js';

describeWithServers(['kafka'], 'the port’s promises', () => {
  describeRecordLog('kafka', async () => {
    const { brokers } = await startedKafka();
    const log = await openKafka(brokers);
    return { log, newTopic: unusedName, close: async () => void (await log.close(10_000)) };
  });
});
