import { Redis } from 'ioredis';
import { eventually } from '../eventually.js';
import { startProcess, type RunningProcess } from '../process.js';
import { startToxiproxy, type Proxy, type RedisServer, type Toxiproxy } from '../servers/index.js';

/** Two others are at work meanwhile, and whoever paused one of them may hold a lock of the database. */
const START_MS = 60_000;

/** One replica's place: its way to Redis stays, its process may be another one after a while. */
export interface Member {
  readonly slot: number;
  readonly proxy: Proxy;
  service: RunningProcess;
  /** Something is done to it at present. */
  isHurt: boolean;
}

/** Replicas of one scheduler, each with a way of its own to the same Redis. */
export class Fleet {
  readonly members: Member[] = [];
  /** Past all proxies. */
  readonly redis: Redis;
  /** How often somebody else held the lease than before. */
  takeovers = -1;
  private lastHolder = '';
  private isClosed = false;
  private readonly watching: NodeJS.Timeout;

  private constructor(
    server: RedisServer,
    private readonly toxiproxy: Toxiproxy,
    private readonly env: Record<string, string>,
  ) {
    this.redis = new Redis(server.url);
    this.watching = setInterval(() => void this.holder().catch(() => undefined), 100);
  }

  static async start(count: number, server: RedisServer, env: Record<string, string>): Promise<Fleet> {
    const toxiproxy = await startToxiproxy();
    const fleet = new Fleet(server, toxiproxy, env);
    for (let slot = 0; slot < count; slot++) {
      const proxy = await toxiproxy.createProxy(`${server.host}:${server.port}`);
      fleet.members.push({ slot, proxy, service: await fleet.spawn(proxy), isHurt: false });
    }
    return fleet;
  }

  /** After its process has ended. */
  async restart(member: Member): Promise<void> {
    member.service = await this.spawn(member.proxy);
  }

  /** The member whose process has the lease; it waits for one that nothing is done to. */
  leader(ms = 30_000): Promise<Member> {
    return eventually(async () => {
      const holder = await this.holder();
      const [, pid] = /:(\d+):[0-9a-f]+$/.exec(holder) ?? [];
      const member = this.members.find(({ service }) => service.child.pid === Number(pid));
      if (!member || member.isHurt) throw new Error(`no leader in good health: ${holder || 'nobody leads'}`);
      return member;
    }, ms);
  }

  /** Ends all, those that follow first. @throws when one does not end as it should */
  async stop(): Promise<void> {
    const last = await this.leader();
    for (const member of [...this.members.filter((each) => each !== last), last]) {
      member.service.child.kill('SIGTERM');
      const code = await member.service.exited;
      if (code !== 0) throw new Error(`replica ${member.slot} ended with ${code}:\n${tail(member.service)}`);
    }
  }

  /** Whatever state they are in. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.watching);
    for (const { service } of this.members) service.child.kill('SIGKILL');
    this.redis.disconnect();
    await this.toxiproxy.stop();
  }

  private async spawn(proxy: Proxy): Promise<RunningProcess> {
    if (this.isClosed) throw new Error('The test is over.');
    return startProcess({ ...this.env, REDIS_URL: `redis://${proxy.address}` }, START_MS);
  }

  private async holder(): Promise<string> {
    const holder = (await this.redis.get(this.env.LEADER_KEY!)) ?? '';
    if (holder !== '' && holder !== this.lastHolder) {
      this.lastHolder = holder;
      this.takeovers += 1;
    }
    return holder;
  }
}

function tail({ log }: RunningProcess): string {
  return log.slice(-20).join('\n');
}
