import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ TAIL_CLIENTS: '2' });
});
afterAll(() => app.stop());

interface Follower {
  response: Response;
  text: () => string;
  ended: Promise<void>;
  leave: () => void;
}

async function follow(topic: string): Promise<Follower> {
  const abort = new AbortController();
  const response = await fetch(`${app.url}/topics/${topic}/tail`, { signal: abort.signal });
  let text = '';
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
    }
  };
  return { response, text: () => text, ended: read().catch(() => undefined), leave: () => abort.abort() };
}

const events = (text: string) => [...text.matchAll(/^id: (\d+-\d+)\n(data: .*(?:\ndata: .*)*)\n\n/gm)];

describe('GET /topics/:topic/tail', () => {
  it('sends each record that arrives from now on, of all partitions', async () => {
    for (const n of [1, 2, 3]) await post(`${app.url}/produce`, { topic: 't', message: n, partition: n % 3 });
    const follower = await follow('t');
    expect(follower.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    for (const n of [10, 11, 12]) {
      await post(`${app.url}/produce`, `{"topic":"t","partition":${n % 3},"message":{\n"n" : ${n}.0 }}`);
    }
    await eventually(() => expect(events(follower.text())).toHaveLength(3));
    const seen = events(follower.text()).map(([, id, data]) => {
      const text = (data as string).replaceAll(/^data: /gm, '');
      return [id, (JSON.parse(text) as { value: { n: number } }).value.n];
    });
    expect(new Map(seen as [string, number][])).toEqual(
      new Map([
        ['1-1', 10],
        ['2-1', 11],
        ['0-1', 12],
      ]),
    );
    expect(follower.text()).toContain('10.0');
    follower.leave();
  });

  it('takes a bounded number of followers, and a place is free again when one leaves', async () => {
    await post(`${app.url}/produce`, { topic: 'places', message: 1 });
    await eventually(async () =>
      expect((await get(`${app.url}/metrics`)).text).toContain('carillon_producer_followers 0'),
    );
    const followers = [await follow('places'), await follow('places')];
    const refused = await get(`${app.url}/topics/places/tail`);
    expect({ status: refused.status, code: refused.body.code }).toEqual({
      status: 503,
      code: 'READERS_BUSY',
    });
    expect(refused.headers.get('retry-after')).toBe('5');
    followers[0]?.leave();
    await eventually(async () => {
      const next = await follow('places');
      expect(next.response.status).toBe(200);
      next.leave();
    });
    followers[1]?.leave();
  });

  it('answers HEAD without following', async () => {
    await post(`${app.url}/produce`, { topic: 'head', message: 1 });
    for (let n = 0; n < 4; n += 1) {
      const response = await fetch(`${app.url}/topics/head/tail`, {
        method: 'HEAD',
        signal: AbortSignal.timeout(5000),
      });
      expect(response.status).toBe(200);
    }
    const follower = await follow('head');
    expect(follower.response.status).toBe(200);
    follower.leave();
  });

  it('ends when the service stops', async () => {
    const other = await startApp();
    await post(`${other.url}/produce`, { topic: 'stop', message: 1 });
    const response = await fetch(`${other.url}/topics/stop/tail`);
    const ended = response.text();
    expect(await other.stop()).toBe(0);
    expect(await ended).toContain(': following');
  });
});
