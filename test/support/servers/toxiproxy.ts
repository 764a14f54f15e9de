import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readFindings } from './findings.js';
import { claimPorts } from './ports.js';
import { runScript } from './run-script.js';

/** `downstream` is what the server answers, `upstream` what the client sends. Times in ms. */
export type Toxic = { stream?: 'upstream' | 'downstream'; toxicity?: number } & (
  | { type: 'latency'; attributes: { latency: number; jitter?: number } }
  | { type: 'bandwidth'; attributes: { rate: number } }
  | { type: 'slow_close'; attributes: { delay: number } }
  /** Drops all data; closes the connection after `timeout`, or with 0 only when the toxic is removed. */
  | { type: 'timeout'; attributes: { timeout: number } }
  | { type: 'reset_peer'; attributes: { timeout: number } }
  | { type: 'limit_data'; attributes: { bytes: number } }
);

export interface Proxy {
  /** host:port that clients connect to. */
  address: string;
  port: number;
  /** Closes all connections and refuses new ones. */
  disable(): Promise<void>;
  enable(): Promise<void>;
  /** Takes hold on open connections too. */
  addToxic(name: string, toxic: Toxic): Promise<void>;
  removeToxic(name: string): Promise<void>;
  /** Enabled, and without toxics: the state to give every test. */
  reset(): Promise<void>;
}

export interface Toxiproxy {
  /** `upstream` is host:port and need not listen yet. */
  createProxy(upstream: string, port?: number): Promise<Proxy>;
  /** For a server that must know the port of its proxy before the proxy can know the server's. At most 14. */
  reservePort(): number;
  stop(): Promise<void>;
}

/** A toxiproxy of the caller's own (0.1 s); call `stop` in `afterAll`. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const ports = await claimPorts();
  const env = {
    TOXIPROXY_PORT: String(ports.first),
    TOXIPROXY_RUN: join(readFindings().runFolder, `toxiproxy-${randomUUID().slice(0, 8)}`),
  };
  const api = apiAt(`http://127.0.0.1:${ports.first}`);
  const stop = async (): Promise<void> => {
    await runScript('toxiproxy.sh', ['stop'], { env });
    ports.release();
  };
  let next = ports.first + 1;
  try {
    await runScript('toxiproxy.sh', ['start'], { env });
  } catch (error) {
    await stop();
    throw error;
  }
  const reservePort = (): number => next++;
  return {
    createProxy: (upstream, port = reservePort()) => createProxy(api, port, upstream),
    reservePort,
    stop,
  };
}

type Api = (method: 'POST' | 'DELETE' | 'GET', path: string, body?: object) => Promise<unknown>;

function apiAt(url: string): Api {
  return async (method, path, body) => {
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(url + path, { method, body: body && JSON.stringify(body), signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
}

async function createProxy(api: Api, port: number, upstream: string): Promise<Proxy> {
  const address = `127.0.0.1:${port}`;
  const path = `/proxies/p${port}`;
  await api('POST', '/proxies', { name: `p${port}`, listen: address, upstream, enabled: true });
  const switchTo = async (enabled: boolean): Promise<void> => void (await api('POST', path, { enabled }));
  const removeToxic = async (name: string): Promise<void> =>
    void (await api('DELETE', `${path}/toxics/${name}`));
  return {
    address,
    port,
    disable: () => switchTo(false),
    enable: () => switchTo(true),
    addToxic: async (name, toxic) => void (await api('POST', `${path}/toxics`, { name, ...toxic })),
    removeToxic,
    reset: async () => {
      const toxics = (await api('GET', `${path}/toxics`)) as { name: string }[];
      for (const { name } of toxics) await removeToxic(name);
      await switchTo(true);
    },
  };
}
