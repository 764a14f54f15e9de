import { StringDecoder } from 'node:string_decoder';
import { JsonWalk } from './json-walk.js';
import { Pauses, readInSteps } from './pauses.js';

/** Bytes, or characters, above which JSON is read in steps instead of being parsed in one go: that takes up to 20 ms. */
export const LONG_TEXT = 256 * 1024;
/** Bytes that become text in one go: less than 5 ms. */
const STEP = 256 * 1024;

/** The text of bytes that are UTF-8, with other work done in between. */
export async function longTextOf(bytes: Buffer): Promise<string> {
  const pauses = new Pauses();
  const decoder = new StringDecoder('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; at += STEP) {
    await pauses.ifDue();
    text += decoder.write(bytes.subarray(at, at + STEP));
  }
  text += decoder.end();
  await pauses.now();
  return text;
}

/** Walks through JSON text to its end or its first error, with other work done in between. */
export async function walkLong(text: string, names: readonly string[] = []): Promise<JsonWalk> {
  const walk = new JsonWalk(text, names);
  await readInSteps(walk);
  await new Pauses().now();
  return walk;
}
