import { describe, expect, it } from '@jest/globals';
import { Client, type Dispatcher } from 'undici';
import { HttpConnections } from './http-connections.js';

function connections(most: number, mostWaiting: number) {
  const created: Dispatcher[] = [];
  const create = () => {
    const client = new Client('http://a.example');
    created.push(client);
    return client;
  };
  return { created, all: new HttpConnections(create, most, mostWaiting) };
}

/** A connection that was left is handed on a moment later. */
const handedOn = () => new Promise((resolve) => setImmediate(resolve));

describe('HttpConnections', () => {
  it('gives so many at once, and to the others in order as they become free', async () => {
    const { all, created } = connections(2, 10);
    const turns: string[] = [];
    const given: Dispatcher[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      all.enter((connection) => {
        turns.push(name);
        given.push(connection);
      });
    }
    expect(turns).toEqual(['a', 'b']);
    all.leave(given[1]!, false);
    await handedOn();
    expect(turns).toEqual(['a', 'b', 'c']);
    all.leave(given[0]!, false);
    await handedOn();
    expect(all.isIdle).toBe(false);
    all.leave(given[2]!, false);
    all.leave(given[3]!, false);
    await handedOn();
    expect(turns).toEqual(['a', 'b', 'c', 'd']);
    expect(given).toEqual([created[0], created[1], created[1], created[0]]);
    expect(all.isIdle).toBe(true);
  });

  it('uses the latest again, and a broken one never', async () => {
    const { all, created } = connections(3, 0);
    const given: Dispatcher[] = [];
    const enter = () => all.enter((connection) => given.push(connection));
    enter();
    enter();
    all.leave(created[0]!, false);
    all.leave(created[1]!, false);
    await handedOn();
    enter();
    expect(given[2]).toBe(created[1]);
    all.leave(created[1]!, true);
    await handedOn();
    expect((created[1] as Client).destroyed).toBe(true);
    enter();
    enter();
    expect(given.slice(3)).toEqual([created[0], created[2]]);
  });

  it('opens another for who waits when one broke', async () => {
    const { all, created } = connections(1, 1);
    const given: Dispatcher[] = [];
    for (let i = 0; i < 2; i += 1) all.enter((connection) => given.push(connection));
    all.leave(created[0]!, true);
    const late = all.enter((connection) => given.push(connection)); // before it is handed on
    await handedOn();
    expect({ given: given.length, created: created.length, late }).toEqual({
      given: 2,
      created: 2,
      late: false,
    });
  });

  it('lets only so many wait, and forgets who waits no more', async () => {
    const { all, created } = connections(1, 1);
    const turns: string[] = [];
    const second = () => turns.push('second');
    expect(all.enter(() => turns.push('first'))).toBe(true);
    expect(all.enter(second)).toBe(true);
    expect(all.enter(() => turns.push('third'))).toBe(false);
    all.cancel(second);
    expect(all.enter(() => turns.push('fourth'))).toBe(true);
    all.leave(created[0]!, false);
    await handedOn();
    expect(turns).toEqual(['first', 'fourth']);
  });
});
