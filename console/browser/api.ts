import { createWecomAuth } from '../../packages/client/source/wecomAuth.ts';
import type { Words } from './language.ts';

/* The requests of `/api/admin/…`, as docs/openapi.yaml describes them. */

/** The API's address: a proxy may have put all of it below a path. */
const api = location.pathname.replace(/\/admin$/, '');

/** Signs in at this address, whatever its fragment: the helper brings the fragment back. */
export const auth = createWecomAuth({ api, keepInTab: true });

export interface Me {
  readonly userid: string;
  readonly permissions: readonly string[];
  readonly provider: boolean;
}

export interface Department {
  readonly id: number;
  /** '' where WeCom withholds it. */
  readonly name: string;
  readonly parentId?: number;
}

export interface Member {
  readonly userid: string;
  readonly name: string;
}

export interface MemberDetails extends Member {
  readonly position: string;
  readonly departments: readonly number[];
  readonly active: boolean;
}

export interface Terms {
  readonly effect: 'allow' | 'deny';
  readonly until?: string;
  readonly note?: string;
  readonly suspendedAt?: string;
}

/** A subject and a permission. */
export interface Pair {
  readonly subject: string;
  readonly permission: string;
}

export interface Grant extends Pair, Terms {
  readonly expired?: boolean;
  readonly by: string;
  readonly at: string;
  readonly version: string;
  readonly setAside?: readonly object[];
}

export interface Decision {
  readonly permission: string;
  readonly authorized: boolean;
  readonly reason: string;
  readonly why: Words;
  readonly grants: readonly (Grant & { readonly verdict: string })[];
}

export interface MemberPermissions {
  readonly member: 'active' | 'gone' | 'unknown' | 'unreadable';
  readonly status: Words;
  readonly pending: boolean;
  readonly subjects: readonly string[];
  readonly unreadable: readonly string[];
  readonly decisions: readonly Decision[];
  readonly morePermissions: boolean;
}

export type Action = 'grant' | 'deny' | 'revoke' | 'reinstate';

export interface Change extends Pair {
  readonly action: Action;
  readonly until?: string;
  readonly note?: string;
}

export type Confirm = 'locks-out-everyone' | 'locks-out-you' | 'widens-everyone';

export interface PreviewedChange extends Pair {
  readonly outcome: 'change' | 'unchanged' | 'absent' | 'pending';
  readonly before: Terms | null;
  readonly after: Terms | null;
  readonly version: string | null;
  readonly widensEveryone: boolean;
  readonly shown: boolean | null;
  readonly members: { readonly count: number; readonly complete: boolean } | null;
  readonly needs: string | null;
}

export interface Preview {
  readonly changes: readonly PreviewedChange[];
  readonly confirm: readonly Confirm[];
  readonly notChecked: Words | null;
}

export interface Result extends Pair {
  readonly outcome:
    | 'changed'
    | 'unchanged'
    | 'absent'
    | 'conflict'
    | 'pending'
    | 'too-many-tags'
    | 'failed';
  readonly grant: Grant | null;
}

export interface Changed {
  readonly results: readonly Result[];
  readonly notSent: number;
}

export interface Line extends Pair {
  readonly at: string;
  readonly by: string;
  readonly before: Terms | null;
  readonly after: Terms | null;
  readonly cause?: Words;
}

export interface Application {
  readonly client_id: string;
  readonly client_name: string;
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  readonly backchannel_logout_uri?: string;
  readonly public: boolean;
  readonly permission: string;
  readonly audience?: string;
  readonly email_domain?: string;
  readonly group_paths: boolean;
  readonly refresh: boolean;
  readonly secrets: readonly { readonly created_at: string; readonly expires_at?: string }[];
  readonly created_at: string;
  readonly created_by: string;
  readonly revision: number;
}

export interface ApplicationSecret {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly old_secret_expires_at?: string;
  readonly notes?: readonly Words[];
}

export interface ApplicationDetails {
  readonly client: Application | null;
  readonly unreadable: boolean;
  readonly holders: readonly Grant[];
  readonly moreHolders: boolean;
  readonly history: readonly {
    readonly at: string;
    readonly by: string;
    readonly action: 'added' | 'secret-rotated' | 'removed';
  }[];
}

export interface LineProblem extends Words {
  readonly line?: number;
}

/** Why a request failed. */
export class Refused extends Error {
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  /** The `x-error-code`, such as `ERR_CONFLICT/client-changed`. */
  readonly code: string;
  readonly problems: readonly LineProblem[];
  /** By which the operator finds the request in the log. */
  readonly requestId: string;

  constructor(status: number, code: string, message: string, more: Partial<Refused> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.problems = more.problems ?? [];
    this.requestId = more.requestId ?? '';
  }
}

/** Longer than API Gateway's own 30 s. */
const TIMEOUT_MS = 35_000;

/**
 * Sends one request with the session.
 *
 * @returns the `data` of the answer
 * @throws Refused
 */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const { session } = auth;
  if (!session) throw new Refused(401, 'ERR_UNAUTHENTICATED', '');
  const response = await fetch(`${api}/api/admin/${path}`, {
    ...init,
    headers: { authorization: `Bearer ${session.accessToken}`, ...init.headers },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Refused(0, '', String(error));
  });
  const { status, headers } = response;
  const body = await response.json().catch(() => ({}));
  if (response.ok && body.data !== undefined) return body.data;
  throw new Refused(status, headers.get('x-error-code') ?? '', String(body.message ?? ''), {
    problems: body.problems,
    requestId: headers.get('x-request-id') ?? '',
  });
}

export function post<T>(path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** @returns a path with a query of the values that are given */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}
