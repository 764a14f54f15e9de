import { connect, type Socket } from 'node:net';

/** An answer as it came over a bare connection. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A connection to the service that `url` names. */
export function openSocket(url: string): Promise<Socket> {
  const { port, hostname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ''), () => resolve(socket));
    socket.on('error', reject);
  });
}

/** All that comes on the connection until the service ends it. */
export function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}

/** Sends `text` as it is, and reads the answer; `text` should ask for `Connection: close`. */
export async function askRaw(url: string, text: string): Promise<RawAnswer> {
  const socket = await openSocket(url);
  const answer = readToEnd(socket);
  socket.write(text);
  return parseAnswer(await answer);
}

/** One request by hand: its lines, without the blank one at the end. */
export function askLines(url: string, ...lines: string[]): Promise<RawAnswer> {
  return askRaw(url, `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
}

export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
  });
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(headers),
    body: rest.join('\r\n\r\n'),
  };
}
