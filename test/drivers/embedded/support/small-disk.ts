import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of 24 MiB in memory; null, and a line that says so, where this user may not mount one. */
export function smallDisk(): { folder: string; remove(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'ignore' });
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
