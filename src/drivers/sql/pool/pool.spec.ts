import { describe, expect, it } from '@jest/globals';
import { Pool } from './pool.js';
import type { RawConnection } from './raw-connection.js';

/** Sessions with a database that never answers `hang`. */
class Session implements RawConnection {
  isUsable = true;
  query(sql: string): Promise<{ rows: unknown[]; changed: number }> {
    return sql === 'hang' ? new Promise(() => undefined) : Promise.resolve({ rows: [sql], changed: 0 });
  }
  close(): Promise<void> {
    return this.destroy();
  }
  destroy(): Promise<void> {
    this.isUsable = false;
    return Promise.resolve();
  }
}

function poolOf(
  waitMs: number,
  connect: () => Promise<RawConnection> = () => Promise.resolve(new Session()),
): Pool {
  return new Pool({ size: 1, connect, waitMs, statementMs: 30 });
}

describe('Pool', () => {
  it('refuses who waited too long for a connection, and serves the next one who comes', async () => {
    const pool = poolOf(30);
    const lease = await pool.acquire();
    await expect(pool.acquire()).rejects.toMatchObject({ kind: 'crowded' });
    expect(pool.counts).toEqual({ open: 1, used: 1, waiting: 0 });
    const next = pool.acquire();
    pool.release(lease);
    expect(await next).toBe(lease);
  });

  it('refuses at once when very many wait', async () => {
    const pool = poolOf(30);
    await pool.acquire();
    const waiting = Array.from({ length: 1_000 }, () => pool.acquire().catch((error: unknown) => error));
    expect(pool.counts.waiting).toBe(1_000);
    await expect(pool.acquire()).rejects.toMatchObject({ kind: 'crowded' });
    expect(pool.counts.waiting).toBe(1_000);
    for (const refused of await Promise.all(waiting)) expect(refused).toMatchObject({ kind: 'crowded' });
    expect(pool.counts).toEqual({ open: 1, used: 1, waiting: 0 });
  });

  it('gives a connection up that says nothing, and opens another for who waits', async () => {
    const pool = poolOf(10_000);
    const lease = await pool.acquire();
    const next = pool.acquire();
    await expect(lease.query('hang', [])).rejects.toMatchObject({ kind: 'timeout' });
    pool.release(lease);
    const other = await next;
    expect(other).not.toBe(lease);
    expect(await other.query('said', [])).toMatchObject({ rows: ['said'] });
    expect(pool.counts).toEqual({ open: 1, used: 1, waiting: 0 });
  });

  it('leaves room after an attempt to connect that failed', async () => {
    let isAway = true;
    const pool = poolOf(30, () =>
      isAway ? Promise.reject(new Error('away')) : Promise.resolve(new Session()),
    );
    await expect(pool.acquire()).rejects.toThrow('away');
    isAway = false;
    await pool.acquire();
    expect(pool.counts).toMatchObject({ open: 1, used: 1 });
  });

  it('refuses who waits when it is closed, and closes what comes back', async () => {
    const pool = poolOf(10_000);
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    const closed = pool.close();
    await expect(waiting).rejects.toMatchObject({ kind: 'closed' });
    await expect(pool.acquire()).rejects.toMatchObject({ kind: 'closed' });
    pool.release(lease);
    await closed;
    expect(lease.isUsable).toBe(false);
  });
});
