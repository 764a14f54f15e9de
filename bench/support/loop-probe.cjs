// Loaded into the service by bodies.mjs with --require: answers each message of the parent with the longest time, in
// milliseconds, that one turn of the event loop took since the message before. On Linux that is processor time of the
// main thread, so that other processes do not count.
const { closeSync, openSync, readSync } = require('node:fs');

const now = process.platform === 'linux' ? processorTime() : () => performance.now();

function processorTime() {
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  process.once('exit', () => closeSync(file));
  const bytes = Buffer.alloc(64);
  return () => Number.parseInt(bytes.toString('latin1', 0, readSync(file, bytes, 0, 64, 0)), 10) / 1e6;
}

let since = now();
let longest = 0;

function look() {
  const at = now();
  longest = Math.max(longest, at - since);
  since = at;
  setTimeout(look, 1).unref();
}
look();

process.on('message', () => {
  process.send(longest);
  longest = 0;
});
process.channel.unref();
