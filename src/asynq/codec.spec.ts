import { decodeMessage, encodeMessage, newMessage, type TaskMessage } from './codec.js';
import { decodeServerInfo, decodeWorkerInfo, encodeServerInfo, encodeWorkerInfo } from './codec-records.js';

const FULL: TaskMessage = {
  type: 'monitor:healthcheck',
  payload: Buffer.from([0, 0xff, 0xc3, 0x28]),
  id: 'ü📦:1763750000000',
  queue: 'default',
  retry: 3,
  retried: 2 ** 31 - 1,
  errorMsg: 'x'.repeat(300),
  lastFailedAt: 1_763_750_000,
  timeout: 300,
  deadline: 253_402_300_799,
  uniqueKey: 'asynq:{default}:unique:t:d41d8cd98f00b204e9800998ecf8427e',
  groupKey: 'g',
  retention: 3600,
  completedAt: 2 ** 33,
  headers: { a: 'ü', '': 'empty name', empty: '' },
};

const damaged = (decode: () => unknown): string => {
  try {
    decode();
  } catch (error) {
    expect(error).toMatchObject({ name: 'TaskDamagedError' });
    return (error as { reason: string }).reason;
  }
  return '';
};

describe('the codec of a task', () => {
  it('reads what it wrote', () => {
    expect(decodeMessage(encodeMessage(FULL))).toEqual(FULL);
    const least = { ...newMessage(), id: 'i', type: 't' };
    expect(decodeMessage(encodeMessage(least))).toEqual(least);
    expect(encodeMessage(least).toString('latin1')).toBe('\x0a\x01t\x1a\x01i');
  });

  it('writes a task of a monitor in 187 bytes', () => {
    const monitor = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    const payload = Buffer.from(`{"monitor_id":"${monitor}","scheduled_at":"2025-10-02T10:00:00.000Z"}`);
    const id = `${monitor}:1759399200000`;
    const bytes = encodeMessage({ ...FULL, ...newMessage(), type: FULL.type, payload, id, queue: 'default' });
    const whole = encodeMessage({ ...decodeMessage(bytes), retry: 3, timeout: 300, retention: 3600 });
    expect(whole.length).toBe(187);
  });

  it.each([0, 1, 127, 128, 300, 2 ** 31, 2 ** 32 + 5, 2 ** 49, 2 ** 53 - 1, -1, -62_135_596_800])(
    'keeps the number %d',
    (deadline) => expect(decodeMessage(encodeMessage({ ...FULL, deadline })).deadline).toBe(deadline),
  );

  it.each([41, 42, 43, 126, 127, 128, 16_383, 16_384])('keeps a text of %d characters', (length) => {
    for (const letter of ['a', 'ü', '€']) {
      const errorMsg = letter.repeat(length);
      expect(decodeMessage(encodeMessage({ ...FULL, errorMsg })).errorMsg).toBe(errorMsg);
    }
  });

  it('keeps U+FFFD, and names that an object has already', () => {
    const headers = JSON.parse('{"__proto__":"a","constructor":"\ufffd"}') as Record<string, string>;
    const read = decodeMessage(encodeMessage({ ...FULL, headers })).headers;
    expect(Object.entries(read)).toEqual(Object.entries(headers));
  });

  it('brings a number that no number can hold to the nearest', () => {
    const bytes = Buffer.from('0a01741a0169' + '48ffffffffffffffff7f', 'hex');
    expect(decodeMessage(bytes).deadline).toBe(Number.MAX_SAFE_INTEGER);
    const lowest = Buffer.from('0a01741a0169' + '4880808080808080808001', 'hex');
    expect(decodeMessage(lowest).deadline).toBe(Number.MIN_SAFE_INTEGER);
  });

  it('skips fields that it does not know, of each wire type', () => {
    const known = encodeMessage(FULL);
    const unknown = ['800105', '8101' + '00'.repeat(8), '8501' + '00'.repeat(4), '8201' + '03616263'];
    for (const hex of unknown)
      expect(decodeMessage(Buffer.concat([Buffer.from(hex, 'hex'), known]))).toEqual(FULL);
  });

  it.each([
    ['a number where a text belongs', '0801', 'a field has the wrong wire type'],
    ['a text where a number belongs', '2a0161', 'a field has the wrong wire type'],
    ['a group', '0b', 'a field has the wrong wire type'],
    ['an unknown wire type', '8701', 'a field has an unknown wire type'],
    ['field 0', '0001', 'a field has no number'],
    ['a length beyond the end', '0a7f61', 'it is cut short'],
    ['a length that is negative', '0affffffffffffffffff01', 'it is cut short'],
    ['a number without end', '28' + 'ff'.repeat(11), 'a number is too long'],
    ['a text that is not UTF-8', '0a02c328', 'a text is not UTF-8'],
    ['nothing', '', 'it has no id or no type'],
    ['no id', '0a0174', 'it has no id or no type'],
  ])('refuses %s', (_, hex, reason) => {
    expect(damaged(() => decodeMessage(Buffer.from(hex, 'hex')))).toBe(reason);
  });

  it('throws nothing else, wherever it is cut or changed', () => {
    const bytes = encodeMessage(FULL);
    let refused = 0;
    for (let at = 0; at < bytes.length; at++) {
      refused += damaged(() => decodeMessage(bytes.subarray(0, at))) ? 1 : 0;
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        refused += damaged(() => decodeMessage(changed)) ? 1 : 0;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length / 4);
  });
});

describe('the codec of servers and workers', () => {
  const owner = { host: 'h', pid: 4_194_304, serverId: 's' };

  it('reads what it wrote', () => {
    const server = {
      ...owner,
      concurrency: 100,
      queues: { critical: 6, default: 3, low: 1 },
      strictPriority: true,
      status: 'active',
      startedAt: 1_763_750_000_123,
      activeWorkers: 7,
    };
    expect(decodeServerInfo(encodeServerInfo(server))).toEqual(server);
    const none = { ...server, queues: {}, strictPriority: false, activeWorkers: 0 };
    expect(decodeServerInfo(encodeServerInfo(none))).toEqual(none);
    const worker = {
      ...owner,
      taskId: 'i',
      taskType: 't',
      payload: Buffer.from([0xff]),
      queue: 'default',
      startedAt: 1_763_750_000_999,
      deadline: 1_763_750_300_000,
    };
    expect(decodeWorkerInfo(encodeWorkerInfo(worker))).toEqual(worker);
  });

  it('throws nothing but damage', () => {
    expect(damaged(() => decodeServerInfo(Buffer.from('0801', 'hex')))).toMatch(/wire type/);
    expect(damaged(() => decodeWorkerInfo(Buffer.from('420108', 'hex')))).toBe('it is cut short');
  });
});
