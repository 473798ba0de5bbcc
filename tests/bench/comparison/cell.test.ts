import { describe, expect, it } from 'vitest';
import { cellOf, recoveryCell } from '../../../bench/comparison/cell.ts';
import type { Outcome } from '../../../bench/comparison/signIn.ts';

const member: Outcome = {
  status: 200,
  code: '0',
  userid: 'user123',
  hasName: true,
  hasRetryAfter: false,
  durationMs: 1,
};
const refusal: Outcome = { ...member, status: 503, code: '45009', hasRetryAfter: true };

describe('a cell of the comparison', () => {
  it('counts equal outcomes together and tells how often WeCom was called', () => {
    const found = { outcomes: [member, refusal, member], calls: 2 };
    expect(cellOf(found, { counted: 'gettoken' }, 'en')).toBe(
      '2 × `200`; 1 × `503`, 45009, `Retry-After`; `gettoken`: 2',
    );
  });

  it('marks somebody who must not be signed in', () => {
    const found = { outcomes: [member, { ...refusal, status: 403, code: '-1' }], calls: 0 };
    expect(cellOf(found, { isWrong: true }, 'en')).toContain('**1 × `200`, signed in**');
    expect(cellOf(found, { isWrong: true }, 'en')).toContain('1 × `403`');
  });

  it('marks a banned address', () => {
    const recovery = { wasBanned: true, by: 'restart', seconds: 1 } as const;
    const found = { outcomes: [refusal], calls: 1, recovery };
    expect(cellOf(found, {}, 'en')).toContain('**address banned**');
    expect(recoveryCell(recovery, 'en')).toBe('after the ban of an hour and a restart');
  });

  it('tells that a member has no name but the userid', () => {
    const found = { outcomes: [{ ...member, hasName: false }], calls: 1 };
    expect(cellOf(found, {}, 'zh')).toBe('1 × `200`，缺姓名');
  });

  it('tells a client without a response from a status', () => {
    const silent: Outcome = {
      status: 0,
      code: '',
      hasName: false,
      hasRetryAfter: false,
      durationMs: 1,
    };
    expect(cellOf({ outcomes: [silent], calls: 1 }, {}, 'en')).toBe('1 × no response');
  });
});
