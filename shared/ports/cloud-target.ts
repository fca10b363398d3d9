import type { CloudAnswer, CloudRequest } from '../model/cloud-request.ts';

export type { CloudAnswer, CloudRequest } from '../model/cloud-request.ts';

export interface SendOptions {
  readonly priority: 'low' | 'normal' | 'high';
  /** Epoch milliseconds; no request is under way after it. */
  readonly deadline: number;
  readonly traceparent?: string | undefined;
}

/**
 * The cloud directory. Never throws for an answer; one answer a request, in the order of the requests.
 * One request is sent by itself, several as `$batch` parts of at most 20; parts fail one by one.
 * Does not retry: the caller decides on time.
 */
export interface CloudTarget {
  send(requests: readonly CloudRequest[], options: SendOptions): Promise<readonly CloudAnswer[]>;
}
