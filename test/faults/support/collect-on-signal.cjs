// Preloaded into the service. SIGUSR2 collects garbage and writes a line to standard error: `memory {"rss":…,"heapUsed":…,…}`.
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  require('node:v8').setFlagsFromString('--expose-gc');
  const collect = require('node:vm').runInNewContext('gc');
  process.on('SIGUSR2', () => {
    collect();
    // The second collection frees what finalizers and closed handles have released since the first.
    setTimeout(() => {
      collect();
      require('node:fs').writeSync(2, `memory ${JSON.stringify(process.memoryUsage())}\n`);
    }, 100);
  });
}
