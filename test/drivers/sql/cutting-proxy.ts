import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Passes all on to a port of this machine; once `cut()` was called, the next commit too, but not its answer. */
export async function cuttingProxy(port: number): Promise<{
  port: number;
  cut(): void;
  /** Commits that got no answer. */
  cuts(): number;
  stop(): Promise<void>;
}> {
  let isArmed = false;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.on('data', (data: Buffer) => client.write(data));
    client.on('data', (data: Buffer) => {
      if (isArmed && data.includes('commit')) {
        isArmed = false;
        cuts += 1;
        upstream.removeAllListeners('data').once('data', () => client.destroy()); // the server has done it
      }
      upstream.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => (isArmed = true),
    cuts: () => cuts,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
