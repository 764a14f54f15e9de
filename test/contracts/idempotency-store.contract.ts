import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  Claim,
  IdempotencyStore,
  KeyRequest,
  SettledSend,
} from '../../src/ports/idempotency-store.port.js';

export interface OpenStore {
  store: IdempotencyStore;
  /** Ends the store as the end of its process would: what was in progress stays so, for ever. */
  end(): Promise<void>;
}

const SEND: SettledSend = {
  at: 1_750_000_000_123,
  outcomes: [
    { partition: 2, offset: 9_007_199_254_740_991 },
    { code: 'RECORD_TOO_LARGE', message: 'zu groß 📦', retryable: false },
    { partition: 0, offset: 0 },
  ],
};

/** A claim of a key unlike any other, that may be forgotten in a minute. */
export function keyRequest(fields: Partial<KeyRequest> = {}): KeyRequest {
  return {
    key: `key-${randomUUID()}`,
    fingerprint: 'body-a',
    expiresAt: Date.now() + 60_000,
    durable: true,
    ...fields,
  };
}

/**
 * The promises of IdempotencyStore as tests; every driver runs them.
 *
 * `open` opens a store of at most `maxKeys` keys, always on the same storage; it is called again only after `end`,
 * which plays a crash and a new start.
 */
export function describeIdempotencyStore(
  driver: string,
  open: (settings: { maxKeys: number }) => Promise<OpenStore>,
): void {
  describe(`IdempotencyStore (${driver})`, () => {
    let opened: OpenStore;
    const store = () => opened.store;
    const restart = async (maxKeys = 1000) => {
      await opened.end();
      opened = await open({ maxKeys });
    };
    beforeEach(async () => {
      opened = await open({ maxKeys: 1000 });
    });
    afterEach(() => opened.end());

    it('names its driver and its storage, and answers a ping', async () => {
      expect(store().driver).toBe(driver);
      expect(store().storage).not.toBe('');
      await expect(store().ping()).resolves.toBeUndefined();
    });

    describe('claim', () => claiming(store, restart));
    describe('the end of a claim', () => ending(store, restart));
    describe('its bounds', () => bounds(store, restart));
  });
}

const states = (claims: readonly Claim[]) => claims.map(({ state }) => state);

type Restart = (maxKeys?: number) => Promise<void>;

function claiming(store: () => IdempotencyStore, restart: Restart): void {
  it.each([true, false])('is told to exactly one of many at once (durable: %s)', async (durable) => {
    const request = keyRequest({ durable });
    const found = states(await Promise.all(Array.from({ length: 50 }, () => store().claim(request))));
    expect(found.filter((state) => state === 'claimed')).toHaveLength(1);
    expect(found.filter((state) => state === 'in-progress')).toHaveLength(49);
    expect(await store().claim(request)).toEqual({ state: 'in-progress' });
  });

  it('is told to all when the keys differ', async () => {
    const claims = await Promise.all(Array.from({ length: 100 }, () => store().claim(keyRequest())));
    expect(new Set(states(claims))).toEqual(new Set(['claimed']));
  });

  it('tells all of many at once the first answer, when there is one', async () => {
    const request = keyRequest();
    await store().claim(request);
    await store().settle(request, SEND);
    const claims = await Promise.all(Array.from({ length: 20 }, () => store().claim(request)));
    expect(claims).toEqual(Array.from({ length: 20 }, () => ({ state: 'settled', send: SEND })));
  });

  it('refuses the key for another request, whatever became of it', async () => {
    const [pending, settled, abandoned] = [keyRequest(), keyRequest(), keyRequest()];
    for (const request of [pending, settled, abandoned]) await store().claim(request);
    await store().settle(settled, SEND);
    await store().abandon(abandoned);
    for (const request of [pending, settled, abandoned])
      expect(await store().claim({ ...request, fingerprint: 'body-b' })).toEqual({ state: 'mismatch' });
  });

  it('is unknown after a crash, when it was durable', async () => {
    const request = keyRequest();
    await store().claim(request);
    await restart();
    expect(await store().claim(request)).toEqual({ state: 'unknown' });
    expect(await store().claim({ ...request, fingerprint: 'body-b' })).toEqual({ state: 'mismatch' });
    await restart();
    expect(await store().claim(request)).toEqual({ state: 'unknown' });
  });
}

function ending(store: () => IdempotencyStore, restart: Restart): void {
  it.each([true, false])('keeps a settlement, also over a restart (durable: %s)', async (durable) => {
    const request = keyRequest({ durable });
    await store().claim(request);
    await store().settle(request, SEND);
    expect(await store().claim(request)).toEqual({ state: 'settled', send: SEND });
    await restart();
    expect(await store().claim(request)).toEqual({ state: 'settled', send: SEND });
  });

  it('keeps the first settlement; giving up later does not undo it', async () => {
    const request = keyRequest();
    await store().claim(request);
    await store().settle(request, SEND);
    await store().settle(request, SEND);
    await store().abandon(request);
    expect(await store().claim(request)).toEqual({ state: 'settled', send: SEND });
  });

  it.each([true, false])('frees a released key at once (durable: %s)', async (durable) => {
    const request = keyRequest({ durable });
    await store().claim(request);
    await store().release(request.key);
    const other = { ...request, fingerprint: 'body-b' };
    expect(await store().claim(other)).toEqual({ state: 'claimed' });
    await store().release(request.key);
    await restart();
    expect(await store().claim(request)).toEqual({ state: 'claimed' });
  });

  it.each([true, false])(
    'tells unknown of an abandoned key, also after a restart (durable: %s)',
    async (durable) => {
      const request = keyRequest({ durable });
      await store().claim(request);
      await store().abandon(request);
      expect(await store().claim(request)).toEqual({ state: 'unknown' });
      await restart();
      expect(await store().claim(request)).toEqual({ state: 'unknown' });
    },
  );

  it('settles an abandoned key when the outcome is learnt after all', async () => {
    const request = keyRequest();
    await store().claim(request);
    await store().abandon(request);
    await store().settle(request, SEND);
    expect(await store().claim(request)).toEqual({ state: 'settled', send: SEND });
  });

  it('takes keys of any text', async () => {
    for (const key of ['x'.repeat(255), 'schlüssel-鍵-🔑', "'; DROP TABLE keys; --", ' ', '__proto__']) {
      const request = keyRequest({ key });
      expect(await store().claim(request)).toEqual({ state: 'claimed' });
      await store().settle(request, SEND);
      expect(await store().claim(request)).toEqual({ state: 'settled', send: SEND });
    }
  });
}

function bounds(store: () => IdempotencyStore, restart: Restart): void {
  /** Waits for a key to be forgotten: that may take a sweep. */
  const forgotten = async (request: KeyRequest) => {
    for (let i = 0; i < 200; i++) {
      if ((await store().claim(request)).state === 'claimed') return true;
      await delay(50);
    }
    return false;
  };

  it('remembers a settled key until it expires, then forgets it', async () => {
    const request = keyRequest({ expiresAt: Date.now() + 1_000 });
    await store().claim(request);
    await store().settle(request, SEND);
    expect(await store().claim(request)).toEqual({ state: 'settled', send: SEND });
    expect(await forgotten({ ...request, expiresAt: Date.now() + 60_000 })).toBe(true);
  });

  it('drops the oldest settled keys first, and none in progress', async () => {
    await restart(20);
    const pending = Array.from({ length: 5 }, () => keyRequest());
    for (const request of pending) await store().claim(request);
    const settled = Array.from({ length: 30 }, () => keyRequest());
    for (const request of settled) {
      await store().claim(request);
      await store().settle(request, SEND);
    }
    for (const request of pending) expect(await store().claim(request)).toEqual({ state: 'in-progress' });
    for (const request of settled.slice(-10))
      expect(await store().claim(request)).toEqual({ state: 'settled', send: SEND });
    expect(await forgotten(settled[0]!)).toBe(true);
  });

  it.each([true, false])('is full when all keys are in progress (durable: %s)', async (durable) => {
    // Whatever the tests before left is not in progress.
    await restart(10);
    const pending = Array.from({ length: 10 }, () => keyRequest({ durable }));
    for (const request of pending) expect(await store().claim(request)).toEqual({ state: 'claimed' });
    const more = keyRequest({ durable });
    await expect(store().claim(more)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_STORE_FULL',
      retryable: true,
    });
    for (const request of pending) expect(await store().claim(request)).toEqual({ state: 'in-progress' });
    await store().release(pending[3]!.key);
    expect(await store().claim(more)).toEqual({ state: 'claimed' });
  });
}
