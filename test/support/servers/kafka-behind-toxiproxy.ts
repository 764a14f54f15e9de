import { startPrivateKafka, type KafkaCluster, type KafkaOptions } from './kafka-cluster.js';
import { startToxiproxy, type Proxy, type Toxiproxy } from './toxiproxy.js';

export interface ProxiedKafka extends KafkaCluster {
  /** Between every client and the broker; `directBrokers` lead around it. */
  proxy: Proxy;
  toxiproxy: Toxiproxy;
}

/**
 * One broker that clients reach only through a proxy: it advertises the proxy's port, since a client follows the
 * advertised address and would else go round it. The broker talks to itself over a listener of its own.
 * `stop` ends both.
 */
export async function startKafkaBehindToxiproxy(
  options: Omit<KafkaOptions, 'brokers' | 'advertisedPort'> = {},
): Promise<ProxiedKafka> {
  const toxiproxy = await startToxiproxy();
  try {
    const advertisedPort = toxiproxy.reservePort();
    const kafka = await startPrivateKafka({ ...options, advertisedPort });
    const proxy = await toxiproxy.createProxy(kafka.brokers[0]!, advertisedPort);
    const stop = async (): Promise<void> => void (await Promise.all([kafka.stop(), toxiproxy.stop()]));
    return { ...kafka, brokers: [proxy.address], proxy, toxiproxy, stop };
  } catch (error) {
    await toxiproxy.stop();
    throw error;
  }
}
