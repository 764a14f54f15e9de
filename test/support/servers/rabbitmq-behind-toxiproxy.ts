import { startedRabbitmq, type SharedRabbitmq } from './shared-rabbitmq.js';
import { startToxiproxy, type Proxy } from './toxiproxy.js';

export interface ProxiedRabbitmq {
  /** Through the proxy. */
  url: string;
  /** Around it: to look at what really arrived. */
  directUrl: string;
  /** `disable` cuts every connection, `reset` heals; `addToxic` for latency and silence. */
  proxy: Proxy;
  /** Ends the proxy; the broker is whose it was. */
  release(): Promise<void>;
}

/** A proxy of the caller's own before a broker: the shared one when none is given. Call `release` in `afterAll`. */
export async function startRabbitmqBehindToxiproxy(broker?: SharedRabbitmq): Promise<ProxiedRabbitmq> {
  const { url: directUrl } = broker ?? (await startedRabbitmq());
  const url = new URL(directUrl);
  const toxiproxy = await startToxiproxy();
  try {
    const proxy = await toxiproxy.createProxy(`${url.hostname}:${url.port || defaultPort(url)}`);
    url.host = proxy.address;
    return { url: url.href, directUrl, proxy, release: () => toxiproxy.stop() };
  } catch (error) {
    await toxiproxy.stop();
    throw error;
  }
}

function defaultPort({ protocol }: URL): number {
  return protocol === 'amqps:' ? 5671 : 5672;
}
