import type { Breaker, StoredToken, TokenRecord } from '../../../lib/token/tokenStore.ts';

/** Records to begin a test with. */

export const NOW = Date.parse('2026-03-02T01:00:00Z');
const LIFE = 7_200_000;

/** A token with so many milliseconds left, of a life of two hours. */
export function tokenWith(left: number, more: Partial<StoredToken> = {}): StoredToken {
  return { value: 'A', obtainedAt: NOW + left - LIFE, expiresAt: NOW + left, ...more };
}

export function recordWith(content: Omit<TokenRecord, 'version'>): TokenRecord {
  return { version: 7, ...content };
}

export function breakerUntil(openUntil: number, more: Partial<Breaker> = {}): Breaker {
  return {
    reason: 'refused',
    errcode: 40001,
    failures: 1,
    since: NOW - 1_000,
    openedAt: NOW - 1_000,
    openUntil,
    secretRevision: 'r1',
    failedCalls: [{ at: NOW - 1_000, secretRevision: 'r1' }],
    ...more,
  };
}
