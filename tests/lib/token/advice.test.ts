import { expect, it } from 'vitest';
import { AGENT_CONFIG_TICKET } from '../../../lib/jssdk/ticketKinds.ts';
import { adviceOn } from '../../../lib/token/advice.ts';
import { countCall } from '../../../lib/token/breaker.ts';
import { ACCESS_TOKEN } from '../../../lib/token/tokenKind.ts';

const REASONS = ['refused', 'limited', 'unreachable', 'unreported', 'no-secret', 'closed'] as const;

it.each(
  REASONS.flatMap((reason) =>
    [ACCESS_TOKEN, AGENT_CONFIG_TICKET].map((kind) => ({ reason, kind })),
  ),
)('the advice on $kind.api, $reason, is in both languages', ({ reason, kind }) => {
  const breaker = { ...countCall(undefined, 'v1', 0), reason, errcode: 40001 };
  const { advice, adviceZh } = adviceOn(breaker, kind, 0);
  expect(advice).not.toBe('');
  expect(adviceZh).toMatch(/[\u4e00-\u9fff]/);
  expect(advice).not.toBe(adviceZh);
});
