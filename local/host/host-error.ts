/** Something the person at the keyboard can put right: shown without a stack, and it ends the host with `exitCode`. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
