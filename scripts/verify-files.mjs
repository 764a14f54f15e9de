// Are all files there that the processor says it has written, and whole?
//   npm run verify:files -- <OUTPUT_FOLDER>
// Reads the manifests in <folder>/.carillon/manifest as a stream and looks at each file that they name: there, its size,
// its SHA-256. Prints those that are missing or changed with their message id and routing key, then a summary, and how
// many files in the folder no manifest names. A file that a user has moved away is missing here. Works while processors
// run, and without a build. Exit code: 0 all whole, 1 something missing or changed, 64 wrong usage.
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, opendirSync, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join, normalize, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';

const USAGE = 64;
const SHOWN_UNNAMED = 5;
const PROGRESS_MS = 200;
/** Larger files are read as a stream. */
const SMALL_BYTES = 1024 * 1024;

/** Some sixteen bytes for each name, so that millions fit: 52 bits of a hash, openly addressed. */
class NameSet {
  slots = new Float64Array(1024);
  size = 0;

  static hash(name) {
    const bytes = createHash('sha1').update(name).digest();
    return bytes.readUIntBE(0, 6) * 16 + (bytes[6] & 15) + 1;
  }

  add(hash) {
    if (this.size * 2 >= this.slots.length) this.grow();
    const at = this.find(hash);
    if (this.slots[at] !== 0) return false;
    this.slots[at] = hash;
    this.size += 1;
    return true;
  }

  has(hash) {
    return this.slots[this.find(hash)] !== 0;
  }

  find(hash) {
    let at = hash % this.slots.length;
    while (this.slots[at] !== 0 && this.slots[at] !== hash) at = (at + 1) % this.slots.length;
    return at;
  }

  grow() {
    const old = this.slots;
    this.slots = new Float64Array(old.length * 2);
    for (const hash of old) if (hash !== 0) this.slots[this.find(hash)] = hash;
  }
}

class Verification {
  counts = { whole: 0, missing: 0, changed: 0, unreadable: 0, bytes: 0 };
  named = new NameSet();
  shownAt = 0;

  constructor(folder) {
    this.folder = folder;
    this.manifests = join(folder, '.carillon', 'manifest');
  }

  async run() {
    const files = readdirSync(this.manifests).filter((name) => name.endsWith('.ndjson'));
    for (const name of files.sort()) await this.manifest(name);
    const unnamed = this.unnamed();
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    this.summary(files.length, unnamed);
    const { missing, changed, unreadable } = this.counts;
    return missing + changed + unreadable === 0 ? 0 : 1;
  }

  /** The last line of a manifest whose process died may be torn: it was not acknowledged. Any other must be whole. */
  async manifest(name) {
    const lines = createInterface({
      input: createReadStream(join(this.manifests, name)),
      crlfDelay: Infinity,
    });
    let torn = null;
    let number = 0;
    for await (const text of lines) {
      number += 1;
      if (torn !== null) this.unreadable(name, torn);
      torn = null;
      if (text === '') continue;
      const line = parse(text);
      // Zeros are an append that a power cut or a failed fsync lost: not acknowledged, or entered again elsewhere.
      if (line === null && text.includes('\0')) continue;
      if (line === null) torn = number;
      else await this.file(line);
    }
  }

  unreadable(manifest, number) {
    this.counts.unreadable += 1;
    console.log(`unreadable  line ${number} of ${manifest}`);
  }

  async file(line) {
    const path = normalize(line.file);
    if (isAbsolute(path) || path.startsWith('..'))
      return this.tell('changed', line, 'lies outside the folder');
    const isNew = this.named.add(NameSet.hash(path));
    const { state, why } = await stateOf(join(this.folder, path), line);
    if (state !== 'whole') this.tell(state, line, why);
    // A line can stand twice, where one process finished what another had begun.
    else if (isNew) {
      this.counts.whole += 1;
      this.counts.bytes += line.bytes;
    }
    this.progress();
  }

  tell(state, { file, id, key }, why) {
    this.counts[state] += 1;
    console.log(
      `${state.padEnd(10)}  ${file}  id=${JSON.stringify(id)} key=${JSON.stringify(key)}  (${why})`,
    );
  }

  progress() {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.shownAt < PROGRESS_MS) return;
    this.shownAt = now;
    const { whole, missing, changed } = this.counts;
    process.stderr.write(`\r\x1b[K${whole} whole, ${missing} missing, ${changed} changed`);
  }

  /** Message files that no manifest names: copied here by hand, or written by another program. */
  unnamed() {
    const found = { count: 0, names: [] };
    const look = (folder) => {
      const dir = opendirSync(folder);
      for (let entry = dir.readSync(); entry; entry = dir.readSync()) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) {
          if (path !== join(this.folder, '.carillon')) look(path);
        } else if (
          entry.name.endsWith('.json') &&
          !this.named.has(NameSet.hash(relative(this.folder, path)))
        ) {
          found.count += 1;
          if (found.names.length < SHOWN_UNNAMED) found.names.push(relative(this.folder, path));
        }
      }
      dir.closeSync();
    };
    look(this.folder);
    return found;
  }

  summary(manifests, unnamed) {
    const { whole, missing, changed, unreadable, bytes } = this.counts;
    const more = unnamed.count > unnamed.names.length ? ', ...' : '';
    if (unnamed.count > 0)
      console.log(`No manifest names ${unnamed.count} files here: ${unnamed.names.join(', ')}${more}`);
    const broken = unreadable === 0 ? '' : `, ${unreadable} unreadable lines`;
    console.log(
      `${whole} files whole (${bytes} bytes), ${missing} missing, ${changed} changed${broken}; ${manifests} manifests.`,
    );
  }
}

function parse(text) {
  try {
    const line = JSON.parse(text.slice(text.lastIndexOf('\0') + 1));
    return typeof line?.file === 'string' && typeof line.sha256 === 'string' ? line : null;
  } catch {
    return null;
  }
}

async function stateOf(path, { bytes, sha256 }) {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return { state: 'missing', why: stat ? 'is no file' : 'is not there' };
  if (stat.size !== bytes) return { state: 'changed', why: `has ${stat.size} bytes instead of ${bytes}` };
  const hash = createHash('sha256');
  try {
    if (stat.size <= SMALL_BYTES) hash.update(readFileSync(path));
    else await pipeline(createReadStream(path), hash);
  } catch (error) {
    return { state: 'missing', why: `cannot be read: ${error.code}` };
  }
  if (hash.digest('hex') === sha256) return { state: 'whole' };
  return { state: 'changed', why: 'has another content' };
}

const [folder, ...rest] = process.argv.slice(2);
if (folder === undefined || rest.length > 0) {
  console.error('Usage: npm run verify:files -- <OUTPUT_FOLDER>');
  process.exit(USAGE);
}
try {
  process.exitCode = await new Verification(folder).run();
} catch (error) {
  console.error(
    error.code === 'ENOENT'
      ? `${folder} has no manifests (.carillon/manifest): is it an OUTPUT_FOLDER?`
      : error.message,
  );
  process.exitCode = USAGE;
}
