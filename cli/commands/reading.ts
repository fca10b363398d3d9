import { usageError } from '../command-error.ts';

/**
 * Reads something that the command line names.
 *
 * @throws CommandError with exit code 2, naming it, when it cannot be read.
 */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it cannot be read';
    throw usageError(code === 'ENOENT' ? `there is no ${path}` : `${path}: ${code}`);
  }
}
