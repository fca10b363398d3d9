/** Anything can be thrown, `undefined` included; the SDK's connection errors sometimes are. */
export function errorText(error: unknown): string {
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    return code === undefined || error.message.includes(code) ? error.message : `${code}: ${error.message}`;
  }
  if (typeof error === 'string') return error;
  return error === undefined ? 'no reason given' : JSON.stringify(error);
}

/** For what is thrown on: keeps errors as they are, so that their codes survive. */
export function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new Error(error === undefined ? 'The connection was closed.' : errorText(error));
}
