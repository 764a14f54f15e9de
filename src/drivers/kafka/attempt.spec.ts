import { describe, expect, it } from '@jest/globals';
import type { Message, Producer } from 'kafkajs';
import { encodedByKafkajs } from '../../../test/support/kafkajs-requests.js';
import { Attempt, type SendSettings } from './attempt.js';

const settings: SendSettings = { acks: -1, timeoutMs: 1000, compression: 0 };
const place = { topic: 't', partition: 2 };
const records = [1000, 2000].map((timestamp) => ({
  record: { topic: 't', partition: null, key: null, value: 'a', headers: null, timestamp },
  bytes: 1,
}));

/** As kafkajs does when it has a connection. */
const encode = (sent: Message[]) => encodedByKafkajs(sent, place);

function producer(send: (sent: Message[]) => Promise<unknown>): Producer {
  return { send: (record: { messages: Message[] }) => send(record.messages) } as unknown as Producer;
}

const run = (send: (sent: Message[]) => Promise<unknown>, with_: Partial<SendSettings> = {}) => {
  const attempt = new Attempt(place, records, { ...settings, ...with_ });
  return { attempt, result: attempt.run(producer(send)) };
};

describe('Attempt', () => {
  it('answers the offset of its partition', async () => {
    const { result } = run(async (sent) => {
      await encode(sent);
      return [{ partition: 2, baseOffset: '41' }];
    });
    expect(await result).toEqual({ kind: 'written', baseOffset: 41 });
  });

  it('knows whether the request may have left', async () => {
    const failing = (left: boolean) => async (sent: Message[]) => {
      if (left) await encode(sent);
      throw new Error('lost');
    };
    expect(await run(failing(false)).result).toMatchObject({ kind: 'unwritten', left: false });
    expect(await run(failing(true)).result).toMatchObject({ kind: 'ambiguous' });
  });

  it('can be called off until it leaves, and then it does not', async () => {
    let encoded = false;
    let connected!: () => void;
    const connecting = new Promise<void>((resolve) => (connected = resolve));
    const { attempt, result } = run(async (sent) => {
      await connecting;
      await encode(sent);
      encoded = true;
    });
    expect(attempt.callOff()).toBe(true);
    connected();
    expect(await result).toMatchObject({ kind: 'unwritten', left: false });
    expect(encoded).toBe(false);
  });

  it('cannot be called off afterwards', async () => {
    const { attempt, result } = run(async (sent) => {
      await encode(sent);
      expect(attempt.callOff()).toBe(false);
      return [{ partition: 2, baseOffset: '0' }];
    });
    expect(await result).toEqual({ kind: 'written', baseOffset: 0 });
  });

  it('does not take for written what kafkajs resolves without sending it', async () => {
    expect(await run(() => Promise.resolve([])).result).toMatchObject({ kind: 'unwritten', left: false });
    expect(await run(() => Promise.resolve([]), { acks: 0 }).result).toMatchObject({ kind: 'unwritten' });
  });

  it('does not make up an offset', async () => {
    const withOffset = (places: object[]) =>
      run(async (sent) => {
        await encode(sent);
        return places;
      }).result;
    expect(await withOffset([])).toMatchObject({ kind: 'ambiguous', final: true });
    expect(await withOffset([{ partition: 1, baseOffset: '3' }])).toMatchObject({
      kind: 'ambiguous',
      final: true,
    });
    expect(await withOffset([{ partition: 2, baseOffset: '-1' }])).toMatchObject({
      kind: 'ambiguous',
      final: true,
    });
  });

  it('has no offset without acknowledgement', async () => {
    const { result } = run(
      async (sent) => {
        await encode(sent);
        return [];
      },
      { acks: 0 },
    );
    expect(await result).toEqual({ kind: 'written', baseOffset: -1 });
  });
});
