/** Reads the flag anew: the compiler takes it for unchanged across an await once it has been looked at. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
