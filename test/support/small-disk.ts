import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small disk in memory, by the options of a tmpfs: `size=24m,nr_inodes=3000`; null, and a line that says so, where this user may not mount one. */
export function smallDisk(options: string): { folder: string; remove(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    process.stderr.write('Skipped: a full disk; only root may mount a small one.\n');
    return null;
  }
  const remove = () => {
    execFileSync('umount', [folder]);
    rmdirSync(folder);
  };
  return { folder, remove };
}
