import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../../support/eventually.js';
import type { NewMonitor, TargetService } from '../support/target-service.js';
import { casesOf, type Case } from '../targets/cases.js';
import { startFuzzDnsServer, startFuzzServer } from '../targets/fuzz-server.js';
import { PROTOCOLS, type Protocol } from '../targets/protocols.js';
import type { Attack, AttackContext } from './attack.js';

/** Hostile servers of a round, besides the one for the costly query. */
const SERVERS = 12;
const CASES_A_PROTOCOL = 200;
/** Checks that run again in quarantine do so one after the other. */
const RESULT_MS = 60_000;

interface HostileTarget {
  monitor: NewMonitor;
  close(): Promise<unknown>;
}

/** A server that speaks a protocol wrongly; half of the time in a way that has ended or frozen a client library. */
async function fuzzed(protocol: Protocol, cases: readonly Case[], random: AttackContext['random']) {
  const known = cases.filter(({ name }) => name.startsWith('known'));
  const { conversation, name } = random.pick(known.length > 0 && random.next() < 0.5 ? known : cases);
  const start = protocol.transport === 'udp' ? startFuzzDnsServer : startFuzzServer;
  const server = await start((port) => conversation(protocol.good(port).conversation));
  const { type, config } = protocol.good(server.port);
  const monitor = { name: `${protocol.name} ${name}`.slice(0, 100), type, config, timeout: 2 };
  return { monitor, close: () => server.close() };
}

const QUADRATIC = '$sum($map(items, function($a) { $sum($map(items, function($b) { $a * $b })) }))';
const QUADRATIC_BODY = JSON.stringify({ items: Array.from({ length: 16_000 }, (_, index) => index % 100) });

/** A `json_query` whose time is the square of a body of 64 KB. */
async function costlyQuery(random: AttackContext['random']): Promise<HostileTarget> {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'application/json').end(QUADRATIC_BODY),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  // A query that has taken too long is not run again: a number makes each query different.
  const json_query = `${QUADRATIC} + ${random.between(0, 1e9)}`;
  const config = { url: `http://127.0.0.1:${port}/`, json_query, expected_value: '1' };
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { monitor: { name: 'costly query', type: 'http-json-query', config, timeout: 2 }, close };
}

/** Checks all of them once, and waits for their results. */
async function checkAll(service: TargetService, hostile: readonly HostileTarget[]): Promise<void> {
  const ids = await service.add(hostile.map(({ monitor }) => monitor));
  await Promise.all(ids.map((id) => service.run(id)));
  await eventually(async () => {
    if (!service.isAlive) return;
    const results = await Promise.all(ids.map((id) => service.results(id)));
    const missing = hostile.filter((_, index) => results[index]!.length === 0);
    if (missing.length > 0)
      throw new Error(`No result: ${missing.map(({ monitor }) => monitor.name).join('; ')}`);
  }, RESULT_MS);
  await Promise.all(ids.map((id) => service.remove(id)));
}

/** Hostile servers of all protocols, and a costly query. */
export function targets(): Attack {
  const cases = new Map(
    PROTOCOLS.map((each) => {
      const { conversation } = each.good(1);
      return [each, casesOf(each.name, each.malformed, conversation, CASES_A_PROTOCOL)];
    }),
  );
  return {
    name: 'targets',
    answers: [],
    round: async ({ service, random }) => {
      const protocols = Array.from({ length: SERVERS }, () => random.pick(PROTOCOLS));
      const hostile = await Promise.all([
        costlyQuery(random),
        ...protocols.map((each) => fuzzed(each, cases.get(each)!, random)),
      ]);
      try {
        await checkAll(service, hostile);
      } finally {
        await Promise.all(hostile.map((each) => each.close()));
      }
    },
  };
}
