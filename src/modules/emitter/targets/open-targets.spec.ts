import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { emitterTo, httpTo } from '../../../../test/emitter/emitting.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { TargetSettings } from '../../../config/emitter-settings.js';
import { HttpSender } from '../../../core/http-sender.js';
import { MessageExchange } from '../../../ports/message-exchange.port.js';
import { OpenPorts } from '../../../ports/open-ports.js';
import { RecordLog } from '../../../ports/record-log.port.js';
import { Circuits } from './circuits.js';
import { openTarget } from './open-targets.js';
import { portsOf } from './ports-of.js';

const URL_WITH_SECRETS = new URL('https://user:hunter2@a.example:8443/hook/token?key=secret');
const HTTP = httpTo(URL_WITH_SECRETS);
const TOPIC: TargetSettings = { kind: 'topic', topic: 't', key: null, headers: {} };
const EXCHANGE: TargetSettings = { kind: 'exchange', exchange: 'e', routingKey: 'r', headers: {} };

const clock = new ManualClock(0);
const circuits = new Circuits({ circuitFailures: 5, circuitOpenMs: 1000 }, clock);
const logger = pino({ level: 'silent' });
const open = (target: TargetSettings, ports: object[] = []) => {
  const byClass = new Map(ports.map((port) => [port === RecordLog ? RecordLog : MessageExchange, port]));
  const context = { sender: new HttpSender(), clock, logger, circuits };
  return openTarget(emitterTo(target), { ...context, ports: new OpenPorts(byClass as never) });
};

describe('targets', () => {
  it('need the ports of their kinds, once each', () => {
    expect(portsOf([emitterTo(HTTP)])).toEqual([]);
    expect(portsOf([TOPIC, HTTP, EXCHANGE, TOPIC].map((target) => emitterTo(target)))).toEqual([
      RecordLog,
      MessageExchange,
    ]);
  });

  it('are shown and told apart without path, user or password', () => {
    expect(open(HTTP).shown).toBe('POST https://a.example:8443');
    expect(open(TOPIC, [RecordLog]).shown).toBe('topic t');
    expect(open(EXCHANGE, [MessageExchange]).shown).toBe('exchange e');
    const addresses = circuits.states().map(({ address }) => address);
    expect(addresses).toEqual(['https://a.example:8443', 'topic t', 'exchange e']);
  });

  it('say whose port was not opened', () => {
    expect(() => open(TOPIC)).toThrow('Emitter alpha: RecordLog was not opened.');
    expect(() => open(EXCHANGE)).toThrow('Emitter alpha: MessageExchange was not opened.');
  });
});
