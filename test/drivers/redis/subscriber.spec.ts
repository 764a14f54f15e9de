import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRedis,
  type RedisServer,
} from '../../support/servers/index.js';
import { closeLinks, openLink } from './open-link.js';

/** What a listener was told, in order. */
function listener(told: string[]) {
  return {
    onMessage: (payload: string) => void told.push(payload),
    onGap: (reason: string) => void told.push(`gap: ${reason}`),
  };
}

const BEGINS = 'gap: Listening begins';
const AGAIN = 'gap: The connection to Redis was made again';

describeWithServers(['redis-private'], 'Subscriptions', () => {
  let redis: RedisServer;
  const there = (): Record<string, string> => ({ REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) });
  const publish = (channel: string, text: string): Promise<string> => redis.cli(['publish', channel, text]);
  const connections = async (): Promise<number> =>
    (await redis.cli(['client', 'list', 'type', 'pubsub'])).split('\n').length - 1;

  beforeAll(async () => {
    redis = await startPrivateRedis();
  }, SERVER_START_MS);
  afterEach(closeLinks);
  afterAll(() => redis?.release());

  it('hear all that is published after the first gap, and nothing after they ended', async () => {
    const { link } = await openLink(there());
    const [a, b, other]: string[][] = [[], [], []];
    expect(await connections()).toBe(0);
    const endA = link.subscriber.subscribe('x', listener(a!));
    const endOther = link.subscriber.subscribe('y', listener(other!));
    await eventually(() => expect([a, other]).toEqual([[BEGINS], [BEGINS]]));
    const endB = link.subscriber.subscribe('x', listener(b!));
    await eventually(() => expect(b).toEqual([BEGINS]));
    await publish('x', 'eins');
    await publish('y', 'ü');
    await eventually(() =>
      expect([a, b, other]).toEqual([
        [BEGINS, 'eins'],
        [BEGINS, 'eins'],
        [BEGINS, 'ü'],
      ]),
    );
    expect(await connections()).toBe(1);
    endA();
    await publish('x', 'zwei');
    await eventually(() => expect(b).toEqual([BEGINS, 'eins', 'zwei']));
    endB();
    await eventually(async () => expect(await redis.cli(['pubsub', 'channels'])).toBe('y\n'));
    expect(a).toEqual([BEGINS, 'eins']);
    endOther();
    endOther();
  });

  it('begin again by themselves when the connection is made again, and say that something may be missed', async () => {
    const { link } = await openLink(there());
    const told: string[] = [];
    link.subscriber.subscribe('x', listener(told));
    await eventually(() => expect(told).toEqual([BEGINS]));
    await redis.cli(['client', 'kill', 'type', 'pubsub']);
    await eventually(() => expect(told).toEqual([BEGINS, AGAIN]));
    expect(await publish('x', 'after')).toBe('1\n');
    await eventually(() => expect(told.at(-1)).toBe('after'));
    await redis.kill();
    await eventually(() => expect(link.subscriber.trouble).not.toBeNull());
    const late: string[] = [];
    link.subscriber.subscribe('late', listener(late));
    const second: string[] = [];
    link.subscriber.subscribe('x', listener(second));
    await redis.start();
    await eventually(() => expect([told.at(-1), late.length]).toEqual([AGAIN, 1]));
    expect(link.subscriber.trouble).toBeNull();
    expect(await publish('late', 'x')).toBe('1\n');
    // Nothing was to be heard while the connection was away.
    expect(second).toEqual([AGAIN]);
  });

  it('notice a connection that fell silent', async () => {
    const { link } = await openLink({ ...there(), REDIS_COMMAND_TIMEOUT_MS: '300' });
    const told: string[] = [];
    link.subscriber.subscribe('x', listener(told));
    await eventually(() => expect(told).toEqual([BEGINS]));
    await redis.pause();
    try {
      // Nobody publishes and nobody asks: it is the keep-alive that notices.
      await eventually(() => expect(link.subscriber.trouble?.kind).toBe('timeout'), 15_000);
    } finally {
      await redis.resume();
    }
    await eventually(() => expect(told).toEqual([BEGINS, AGAIN]));
  }, 30_000);

  it('that the user may not have are told of, and begin when they are granted', async () => {
    await redis.cli(['acl', 'setuser', 'deaf', 'on', '>deaf', '~*', '+@all', 'resetchannels']);
    const { link, errors } = await openLink({ ...there(), REDIS_USERNAME: 'deaf', REDIS_PASSWORD: 'deaf' });
    const told: string[] = [];
    link.subscriber.subscribe('x', listener(told));
    await eventually(() => expect(link.subscriber.trouble?.kind).toBe('permission'));
    expect(errors.filter((error) => error.includes('cannot be subscribed'))).toHaveLength(1);
    await redis.cli(['acl', 'setuser', 'deaf', '&x']);
    await eventually(() => expect(told).toHaveLength(1), 15_000);
    expect(link.subscriber.trouble).toBeNull();
  }, 30_000);
});
