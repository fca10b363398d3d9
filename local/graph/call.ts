import type { JsonObject } from './json.ts';
import type { Outcome } from './outcome.ts';
import type { Tenant } from './tenant.ts';

/** Who calls, as the token says. */
export interface Caller {
  readonly appId: string;
  readonly roles: ReadonlySet<string>;
}

/** The directory role of the calling app; `user-administrator` may set passwords, `higher` may touch administrators. */
export type AppDirectoryRole = 'none' | 'user-administrator' | 'higher';

/** One Graph request, alone or as a part of a batch. */
export interface Call {
  readonly method: string;
  /** Below /v1.0, decoded; an alternate key stands as one segment, `(uniqueName=x)`. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
  readonly caller: Caller;
  readonly appDirectoryRole: AppDirectoryRole;
  /** `http://127.0.0.1:N`, for links. */
  readonly origin: string;
}

/** What a request amounts to once its path is understood. */
export interface Operation {
  /** Every inner list needs one of its roles in the token. */
  readonly roles: readonly (readonly string[])[];
  /** Resource units before $select, $top and $expand. */
  readonly units: number;
  readonly isWrite: boolean;
  /** The object that is written: two writes to it must not overlap. */
  readonly lock?: string | undefined;
  run(now: number): Outcome;
}

export interface Context {
  readonly tenant: Tenant;
  readonly call: Call;
}

export function bodyOf(call: Call): JsonObject {
  return call.body ?? {};
}
