import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { usageError } from '../command-error.ts';

/** As much is put together before it is written. */
const chunkCharacters = 1 << 20;
/** For its owner alone: a plan holds values of people. */
const mode = 0o600;

/** Where to write, and how to know a file of ours, the only one that is overwritten. */
export interface ReportFile {
  readonly option: string;
  readonly path: string;
  readonly mark: string;
}

/** @throws CommandError with exit code 2 when the path is taken by something else, or cannot be read. */
export function checkReport({ option, path, mark }: ReportFile): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const isOurs = stats.isFile() && (stats.size === 0 || beginningOf(option, path, mark.length) === mark);
  if (!isOurs)
    throw usageError(`${option} ${path}: there is something else than a plan`, 'Give another name.');
}

function beginningOf(option: string, path: string, length: number): string {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(length);
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, length, 0));
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw unusable(option, path, cause);
  }
}

/** Written beside its place and moved there when it is whole: nobody meets half a plan. */
export function writeReport(report: ReportFile, pieces: Iterable<string>): void {
  checkReport(report);
  const { option, path } = report;
  const beside = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    writeAll(beside, pieces);
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw unusable(option, path, cause);
  }
}

function writeAll(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, 'wx', mode);
  try {
    let text = '';
    for (const piece of pieces) {
      text += piece;
      if (text.length < chunkCharacters) continue;
      writeFileSync(file, text);
      text = '';
    }
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function unusable(option: string, path: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause && typeof cause.code === 'string')) return cause;
  return usageError(`${option} ${path}: ${cause.code}`);
}
