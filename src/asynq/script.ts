import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

type Argument = string | number | Buffer;

/** What ioredis has and does not declare. */
interface Evaluating {
  evalshaBuffer(sha: string, keyCount: number, ...rest: Argument[]): Promise<unknown>;
  evalBuffer(source: string, keyCount: number, ...rest: Argument[]): Promise<unknown>;
}

/** One file of `scripts/`: what its KEYS and ARGV are and what it answers stands in its head. */
export class Script {
  private readonly source: string;
  private readonly sha: string;

  /**
   * Reads `scripts/<name>.lua`, beside this file, or the file at a URL. Several are joined: those before the last define
   * what it uses.
   */
  constructor(...files: (string | URL)[]) {
    this.source = files.map(read).join('\n');
    this.sha = createHash('sha1').update(this.source).digest('hex');
  }

  /**
   * Runs it, by its hash; where the server does not know that (its first use, SCRIPT FLUSH, a restart, a fail-over) by
   * its source, which makes it known. Strings in the answer are Buffers.
   * @throws what ioredis throws
   */
  async run(redis: Redis, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const commands = redis as unknown as Evaluating;
    try {
      return await commands.evalshaBuffer(this.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      // Nothing of it ran.
      return commands.evalBuffer(this.source, keys.length, ...keys, ...args);
    }
  }
}

function read(file: string | URL): string {
  return readFileSync(
    typeof file === 'string' ? new URL(`scripts/${file}.lua`, import.meta.url) : file,
    'utf8',
  );
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
