import { createServer, type Socket } from 'node:net';

export interface FakeRedis {
  port: number;
  stop(): void;
}

/** The words of a command in RESP. */
function wordsOf(data: Buffer): string[][] {
  const commands: string[][] = [];
  for (const line of data.toString().split('\r\n')) {
    if (/^\*\d/.test(line)) commands.push([]);
    else if (line !== '' && !/^\$\d/.test(line)) commands.at(-1)?.push(line);
  }
  return commands;
}

/**
 * Speaks just enough RESP for a handshake, and shows this INFO: it plays a server of a version that no package manager
 * here installs. Commands that it does not know it refuses as Redis 5 did, with their arguments.
 */
export async function startFakeRedis(info: Record<string, string>, port = 0): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  const lines = Object.entries(info).map(([name, value]) => `${name}:${value}\r\n`);
  const text = `# Server\r\n${lines.join('')}`;
  const answer = ([name = '', ...args]: string[]): string => {
    switch (name.toLowerCase()) {
      case 'info':
        return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
      case 'client':
      case 'auth':
      case 'select':
        return '+OK\r\n';
      default:
        return `-ERR unknown command \`${name}\`, with args beginning with: ${args.map((arg) => `\`${arg}\`, `).join('')}\r\n`;
    }
  };
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (data) => socket.write(wordsOf(data).map(answer).join('')));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
