import { workerData } from 'node:worker_threads';

const LOOK_MS = 1_000;

/** Kills this process when the one that started it, whose id is `workerData`, is gone. */
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
