/** Exit codes are an interface: scripts decide by them (docs/reference/command.md). */
export const exitCodes = { ok: 0, failure: 1, usage: 2, refused: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
