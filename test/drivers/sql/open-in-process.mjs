// A process that opens the store with the variables it was given, once it is told to go, and says what it made of it.
import { pino } from 'pino';
import { Registry } from 'prom-client';
import driver from '../../../dist/drivers/sql/monitor-store.driver.js';

const said = [];
const write = (line) => said.push(JSON.parse(line));
const logger = pino({ level: 'info' }, { write });
const options = driver.variables.parse(JSON.parse(process.argv[2]));
process.once('message', async () => {
  const store = await driver.open(options, { dataFolder: '.', logger, metrics: new Registry() });
  const count = await store.count({});
  await store.close(5_000);
  process.send({ count, said: said.map(({ level, msg }) => `${level} ${msg}`) }, () => process.disconnect());
});
process.send('ready');
