import type { Socket } from 'node:net';
import type { Client } from 'pg';
import { MOST_ROWS } from '../clients/sql-query.js';

/** How many rows a query gives, none of them kept; past the most it reads no further and the connection is cut. */
export async function countRows(client: Client, text: string, socket: Socket): Promise<number> {
  const { default: pg } = await import('pg');
  return new Promise((resolve, reject) => {
    let rows = 0;
    // The extended protocol takes one statement only.
    const query = new pg.Query({ text, values: [], queryMode: 'extended' } as never);
    query.on('row', () => {
      rows += 1;
      if (rows <= MOST_ROWS) return;
      resolve(rows);
      socket.destroy();
    });
    query.on('error', reject);
    query.on('end', () => resolve(rows));
    client.query(query);
  });
}
