import { resultCode, type ResultCode } from './result-code.ts';

/** An operation's refusal: the result code and the diagnostic text that the client sees. */
export class LdapFailure extends Error {
  readonly code: ResultCode;
  readonly matchedDn: string;

  constructor(code: keyof typeof resultCode, diagnostic: string, matchedDn = '') {
    super(diagnostic);
    this.name = 'LdapFailure';
    this.code = resultCode[code];
    this.matchedDn = matchedDn;
  }
}
