import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { longestMs } from '../config/datetime-api.js';
import { EXIT } from './exit-codes.js';
import { plannedTime } from './planned-time.js';
import { readEmitOnce } from './read-emit-once.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = parse(read('docker/cronjob.yaml'));
const job = manifest.spec.jobTemplate.spec;
const pod = job.template.spec;
const [container] = pod.containers;
/** Those that stand there as text. */
const values: Record<string, string> = Object.fromEntries(
  container.env
    .filter((variable: { value?: string }) => variable.value !== undefined)
    .map(({ name, value }: { name: string; value: string }) => [name, value]),
);

describe('docker/cronjob.yaml', () => {
  it('fails the job at once for the codes that no other pod would heal, and lets the others count', () => {
    const rules: { action: string; onExitCodes?: object }[] = job.podFailurePolicy.rules;
    expect(rules.filter(({ onExitCodes }) => onExitCodes !== undefined)).toEqual([
      {
        action: 'FailJob',
        onExitCodes: {
          containerName: container.name,
          operator: 'In',
          values: [EXIT.refused, EXIT.config],
        },
      },
    ]);
    expect(rules[0]?.action).toBe('FailJob');
    expect(job.backoffLimit).toBeGreaterThan(0);
    expect(pod.restartPolicy).toBe('Never');
  });

  it('runs one job at a time, and gives all its pods time for all their attempts', () => {
    expect(manifest).toMatchObject({ apiVersion: 'batch/v1', kind: 'CronJob' });
    expect(manifest.spec.concurrencyPolicy).toBe('Forbid');
    const pods = job.backoffLimit + 1;
    const run = longestMs(readEmitOnce(values).course) / 1000;
    const waits = Array.from({ length: job.backoffLimit }, (_, k) => 10 * 2 ** k);
    const all = pods * run + waits.reduce((sum, wait) => sum + wait, 0);
    expect(job.activeDeadlineSeconds).toBeGreaterThanOrEqual(all);
  });

  it('configures the command as it wants to be, in one time zone', () => {
    expect(container.command).toEqual(['node', 'dist/emit-once.js']);
    expect(() => readEmitOnce(values)).not.toThrow();
    expect(values.TZ).toBe(manifest.spec.timeZone);
  });

  it('hands on the name of the job, which tells the planned minute', () => {
    const variable = container.env.find(({ name }: { name: string }) => name === 'JOB_NAME');
    expect(variable.valueFrom.fieldRef.fieldPath).toBe("metadata.labels['batch.kubernetes.io/job-name']");
    const now = Date.parse('2026-01-31T12:00:05Z');
    const jobName = `${manifest.metadata.name}-${Math.floor(now / 60_000)}`;
    expect(plannedTime({ plannedAt: undefined, jobName }, now).atMs).toBe(Date.parse('2026-01-31T12:00:00Z'));
  });

  it('asks for no right that it does not need', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
    });
    expect(container.resources).toHaveProperty('limits.memory');
  });
});

describe('docs/emitter.md', () => {
  it('names every exit code as the source does', () => {
    const rows = [...read('docs/emitter.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(rows).toEqual(Object.values(EXIT));
  });
});
