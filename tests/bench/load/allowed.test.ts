import { describe, expect, it } from 'vitest';
import { isAllowed } from '../../../bench/load/allowed.ts';

const STORE = '500 ERR_STORE_UNAVAILABLE';
const isAllowedThen = (route: string, kind: string) =>
  isAllowed(
    { route, kind, fromMs: 0, untilMs: 1, isExpected: false },
    new Set(['dynamodb-down' as const]),
  );

describe('the errors that an outage of DynamoDB allows', () => {
  it('are those of everything that needs it', () => {
    expect(isAllowedThen('stack verify', STORE)).toBe(true);
    expect(isAllowedThen('single getUserInfo with state', STORE)).toBe(true);
  });

  it('are none of a sign-in without a state, which goes on', () => {
    expect(isAllowedThen('stack getUserInfo', STORE)).toBe(false);
    expect(isAllowedThen('single getUserInfo', STORE)).toBe(false);
    expect(isAllowedThen('stack getUserInfo of a leaver', STORE)).toBe(false);
  });

  it('are no defects', () => {
    expect(isAllowedThen('stack verify', '500 ERR_INTERNAL')).toBe(false);
  });
});
