import type { ErrorCode } from '../errors/error-codes.ts';

/** One write or look-up at the target. Built by the core, carried by an adapter. */
export interface CloudRequest {
  /** Unique within one `send`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the API version, beginning with a slash, already percent-encoded: `/users/…`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What came back for one request, classified by status and error code, never by message text. */
export type CloudAnswer =
  | {
      readonly id: string;
      readonly ok: true;
      readonly status: number;
      readonly body: unknown;
      readonly requestId: string | null;
    }
  | {
      readonly id: string;
      readonly ok: false;
      readonly code: ErrorCode;
      /** HTTP status; null when no answer came. */
      readonly status: number | null;
      /** Microsoft Graph's error.code and the targets of its details. */
      readonly graphCode: string | null;
      readonly targets: readonly string[];
      readonly message: string;
      /** Milliseconds to wait, from Retry-After. */
      readonly retryAfterMs: number | null;
      /** True when the write may have been applied all the same (connection cut, 5xx, time-out after sending). */
      readonly isAmbiguous: boolean;
      readonly requestId: string | null;
    };
