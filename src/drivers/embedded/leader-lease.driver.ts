import { LeaderLease } from '../../ports/leader-lease.port.js';
import { defineDriver } from '../define-driver.js';
import { Database } from './database.js';
import { embeddedVariables } from './embedded.variables.js';
import { nextTermNumber } from './leader-lease-number.js';
import { LeaderSeat } from './leader-lease-seat.js';
import { EmbeddedLeaderLease } from './leader-lease.js';

/** This process leads: nobody else can open its DATA_FOLDER. */
export default defineDriver({
  name: 'embedded',
  port: LeaderLease,
  address: [],
  variables: embeddedVariables,
  async open(options, context) {
    const database = await Database.open(options, context);
    try {
      const lastTerm = (await nextTermNumber(context.dataFolder)) - 1;
      return new EmbeddedLeaderLease(database, LeaderSeat.at(database.storage, lastTerm), context.logger);
    } catch (error) {
      await database.release(1000);
      throw error;
    }
  },
});
