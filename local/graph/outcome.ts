import type { JsonObject } from './json.ts';

/** One property of one object that a request has really changed; members and owners count by value. */
export interface Effect {
  readonly objectId: string;
  readonly property: string;
  readonly count: number;
}

export interface Outcome {
  readonly status: number;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly objectId?: string;
  readonly effects?: readonly Effect[];
}
