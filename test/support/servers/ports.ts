import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below the ports that the system gives to outgoing connections, so that none of those takes a server's port. */
const FIRST = 20_000;
const LAST = 32_000;
const BLOCK = 16;

export interface PortBlock {
  /** The first of 15 ports in a row. */
  first: number;
  /** Gives the block back; also happens when the process ends, however it does. */
  release(): void;
}

/**
 * Finds 15 free ports in a row and keeps other processes that ask here away from them: the block's last port is held
 * open as the mark of its owner. A port that a server left for a moment (a killed broker) thus stays its own.
 */
export async function claimPorts(): Promise<PortBlock> {
  const blocks = Math.floor((LAST - FIRST) / BLOCK);
  const start = randomInt(blocks);
  for (let i = 0; i < blocks; i++) {
    const first = FIRST + ((start + i) % blocks) * BLOCK;
    const mark = await listen(first + BLOCK - 1);
    if (!mark) continue;
    if (await allFree(first)) return { first, release: () => mark.close() };
    mark.close();
  }
  throw new Error(`no ${BLOCK} free ports in a row between ${FIRST} and ${LAST}`);
}

async function allFree(first: number): Promise<boolean> {
  for (let port = first; port < first + BLOCK - 1; port++) {
    const server = await listen(port);
    if (!server) return false;
    await new Promise((resolve) => server.close(resolve));
  }
  return true;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server.unref()));
  });
}
