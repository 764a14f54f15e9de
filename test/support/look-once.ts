import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { CheckContext, CheckDefinition, CheckOutcome } from '../../src/checks/define-check.js';
import { runCheck } from '../../src/checks/run-check.js';
import { openTargetNet } from '../../src/checks/targets/open-target-net.js';
import { eventually } from './eventually.js';

/** A context whose checks may ask anybody, for 15 s unless told. */
export function checkContext(given: Partial<CheckContext> = {}): CheckContext {
  const timeoutMs = given.timeoutMs ?? 15_000;
  return {
    monitor: { id: 'm1', name: 'one', type: 'any', interval: 60, createdAt: 0 },
    signal: AbortSignal.timeout(timeoutMs),
    net: openTargetNet({ level: 'any', allow: [], deny: [] }),
    now: Date.now,
    lastPush: () => Promise.resolve(null),
    ...given,
    timeoutMs,
  };
}

export function lookOnce(
  definition: CheckDefinition,
  config: Record<string, unknown>,
  given: Partial<CheckContext> = {},
): Promise<CheckOutcome> {
  return runCheck(definition, config, checkContext(given));
}

export interface SilentServer {
  port: number;
  /** Connections that came, and those that are open. */
  came(): number;
  open(): number;
  close(): Promise<void>;
}

/** Accepts connections, says `greeting` and nothing more. */
export async function startSilentServer(greeting = ''): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  let came = 0;
  const server = createServer((socket) => {
    came += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.resume().write(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    came: () => came,
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await startSilentServer();
  await server.close();
  return server.port;
}

function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|TLS|GetAddrInfo|QueryReq|Channel|Timeout|UDP/.test(name))
    .sort();
}

/** Those that were not there before. */
function added(before: readonly string[]): string[] {
  const left = [...before];
  return handles().filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Looks at a server that never answers: down at the deadline, and every socket and timer let go of soon after. */
export async function expectLetsGo(
  definition: CheckDefinition,
  configAt: (port: number) => Record<string, unknown>,
  greeting?: string,
): Promise<void> {
  const others = handles(); // of test files that ran here before
  const warm = await startSilentServer(greeting);
  await lookOnce(definition, configAt(warm.port), { timeoutMs: 300 }); // loads its client
  await warm.close();
  await eventually(
    () => expect(added(others).filter((name) => /TCPSocket|TCPConnect/.test(name))).toEqual([]),
    5_000,
  );
  const before = handles();
  const server = await startSilentServer(greeting);
  try {
    const outcome = await lookOnce(definition, configAt(server.port), { timeoutMs: 400 });
    expect(outcome).toEqual({ found: 'down', message: 'no answer within 400 ms', latencyMs: null });
    expect(server.came()).toBeGreaterThan(0);
    await eventually(() => expect(server.open()).toBe(0), 2_000);
  } finally {
    await server.close();
  }
  await eventually(() => expect(added(before)).toEqual([]), 5_000);
}
