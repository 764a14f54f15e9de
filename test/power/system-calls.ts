import { readFileSync } from 'node:fs';

/** One system call. `began` and `ended` are lines of the trace. */
export interface SystemCall {
  name: string;
  /** All arguments, as strace shows them. */
  text: string;
  began: number;
  ended: number;
}

const WHOLE = /^(\d+)\s+(\w+)\((.*)\)\s+= -?\d+/;
const UNFINISHED = /^(\d+)\s+(\w+)\((.*?),? <unfinished \.\.\.>$/;
const RESUMED = /^(\d+)\s+<\.\.\. (\w+) resumed>(.*?)\)?\s+= -?\d+/;

/** What makes strace write such a trace to `file`. */
export function tracing(file: string): string[] {
  const calls = 'write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat';
  return [
    'strace',
    '-f',
    '-y',
    '-s',
    '100000',
    '-e',
    `trace=${calls}`,
    '-e',
    'signal=none',
    '-o',
    file,
    '--',
  ];
}

/** The calls of all threads, in the order in which they began. */
export function readTrace(file: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const open = new Map<string, SystemCall>();
  readFileSync(file, 'latin1')
    .split('\n')
    .forEach((line, at) => {
      const [, thread, name, text] = WHOLE.exec(line) ?? UNFINISHED.exec(line) ?? [];
      if (name !== undefined) {
        const call = { name, text: text!, began: at, ended: WHOLE.test(line) ? at : Infinity };
        calls.push(call);
        if (call.ended === Infinity) open.set(thread!, call);
        return;
      }
      const [, resumed, , rest] = RESUMED.exec(line) ?? [];
      const call = open.get(resumed ?? '');
      if (!call) return;
      call.text += rest;
      call.ended = at;
      open.delete(resumed!);
    });
  return calls;
}
