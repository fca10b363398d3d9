/** Misbehaviour that a test switches on. Counts are answers still to be spoiled; Infinity until switched off. */
export interface Faults {
  /** Requests are read and never answered. */
  isHanging: boolean;
  /** Requests but bind and unbind are refused with busy (51). */
  busy: number;
  /** The connection is cut instead of an answer. */
  drop: number;
  /** Every DirSync cookie is refused. */
  refusesCookies: boolean;
  /** A paged search gets its first page and no other: the server has forgotten where it was. */
  refusesPages: boolean;
  /** Each answer waits this long. */
  delayMs: number;
}

export function noFaults(): Faults {
  return { isHanging: false, busy: 0, drop: 0, refusesCookies: false, refusesPages: false, delayMs: 0 };
}
