import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROBE = fileURLToPath(new URL('./probe.mjs', import.meta.url));

/** One request to `/health/live`; times in milliseconds. */
export interface Sample {
  /** 0: the request failed. Null: it has no answer yet. */
  status: number | null;
  ms: number;
  /** How long a server that does nothing else took to answer a request of the same moment. */
  controlMs: number;
  /** How long the main threads of the service and of the probe were ready to run meanwhile and had no CPU. */
  waitedMs: number;
}

export interface Liveness {
  /** The samples since the last call. */
  read(): Promise<Sample[]>;
  stop(): Promise<void>;
}

/** Requests `/health/live` 40 times a second, from a process of its own. */
export async function watchLiveness(url: string, pid: number): Promise<Liveness> {
  const probe = fork(PROBE, [url, String(pid)], { execArgv: [] });
  await once(probe, 'message');
  return {
    read: async () => {
      const answer = once(probe, 'message');
      probe.send('read');
      const [{ samples }] = (await answer) as [{ samples: Sample[] }];
      return samples;
    },
    stop: async () => {
      if (!probe.connected) return;
      const exited = once(probe, 'exit');
      probe.disconnect();
      await exited;
    },
  };
}

/** The part of the time that the service is responsible for: a busy machine delays the control too, or gives the CPU to others. */
export function ownMs({ ms, controlMs, waitedMs }: Sample): number {
  return Math.max(0, ms - controlMs - waitedMs);
}

/** The samples without a good answer within `mostMs`. */
export function lateSamples(samples: readonly Sample[], mostMs: number): Sample[] {
  return samples.filter(
    (sample) => ownMs(sample) > mostMs || (sample.status !== null && sample.status !== 200),
  );
}
