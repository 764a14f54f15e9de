import { AppError } from '../core/errors.js';
import type { WorkOptions } from '../ports/task-queue.port.js';

const MOST_PAGE = 1_000;

/** @throws AppError VALIDATION_FAILED that names the field */
export function checkWork({ queues, concurrency }: WorkOptions): void {
  const weights = Object.entries(queues);
  if (weights.length === 0) throw invalid('queues must name at least one queue.');
  for (const [name, weight] of weights) {
    if (name.trim() === '' || !name.isWellFormed())
      throw invalid('queues must have names that are not blank and well-formed Unicode.');
    if (!isCount(weight)) throw invalid(`queues.${name} must be a whole number, 1 or more: its weight.`);
  }
  if (!isCount(concurrency)) throw invalid('concurrency must be a whole number, 1 or more.');
}

/** A page of TaskInspector.list. @throws AppError VALIDATION_FAILED that names the field */
export function checkPage({ number, size }: { number: number; size: number }): void {
  if (!isCount(size) || size > MOST_PAGE)
    throw invalid(`page.size must be a whole number from 1 to ${MOST_PAGE}.`);
  if (!isCount(number) || !Number.isSafeInteger(number * size))
    throw invalid('page.number must be a whole number from 1 on.');
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function invalid(sentence: string): AppError {
  return new AppError('VALIDATION_FAILED', sentence);
}
