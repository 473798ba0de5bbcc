/** What is wrong during a phase. */
export type PhaseKind =
  | 'calm'
  | 'dynamodb-slow'
  | 'dynamodb-down'
  | 'dynamodb-throttled'
  | 'wecom-slow'
  | 'wecom-busy'
  | 'wecom-limited'
  | 'tokens-revoked'
  | 'secret-rotated'
  | 'secret-wrong'
  | 'push-burst'
  | 'pushes-lost';

interface Step {
  readonly kind: PhaseKind;
  /** How long the fault lasts. */
  readonly seconds: number;
  /** How long its errors may go on after it. */
  readonly recoverySeconds: number;
}

/** Milliseconds since the load began. */
export interface Phase {
  readonly kind: PhaseKind;
  readonly fromMs: number;
  readonly faultUntilMs: number;
  /** The end of the recovery. */
  readonly untilMs: number;
}

/** In words, for the report. */
export const PHASES: Readonly<Record<PhaseKind, string>> = {
  calm: 'nothing',
  'dynamodb-slow': 'every DynamoDB request takes 400 ms more',
  'dynamodb-down': 'DynamoDB breaks every connection',
  'dynamodb-throttled': 'DynamoDB answers ProvisionedThroughputExceededException',
  'wecom-slow': 'every call of WeCom takes 2 s more',
  'wecom-busy': 'WeCom answers every call with -1',
  'wecom-limited': 'WeCom answers user/get with 45009',
  'tokens-revoked': 'WeCom revokes the access_token at the beginning of the phase',
  'secret-rotated': 'WeCom takes a new secret only; SSM gets it at the end of the phase',
  'secret-wrong': 'WeCom takes a new secret only, and SSM gets a wrong one; corrected at the end',
  'push-burst': '40 changes are pushed at once',
  'pushes-lost': 'members leave and WeCom loses the pushes',
};

/**
 * The first round. The access_token is revoked at most three times in five minutes, which the secrets do
 * too: so many revocations fail no sign-in.
 */
const FIRST_ROUND: readonly Step[] = [
  { kind: 'calm', seconds: 40, recoverySeconds: 0 },
  { kind: 'tokens-revoked', seconds: 10, recoverySeconds: 0 },
  { kind: 'push-burst', seconds: 5, recoverySeconds: 20 },
  { kind: 'dynamodb-slow', seconds: 30, recoverySeconds: 10 },
  { kind: 'pushes-lost', seconds: 15, recoverySeconds: 0 },
  { kind: 'wecom-slow', seconds: 30, recoverySeconds: 10 },
  { kind: 'dynamodb-down', seconds: 10, recoverySeconds: 15 },
  { kind: 'calm', seconds: 20, recoverySeconds: 0 },
  { kind: 'secret-rotated', seconds: 20, recoverySeconds: 20 },
  { kind: 'calm', seconds: 20, recoverySeconds: 0 },
  { kind: 'wecom-busy', seconds: 15, recoverySeconds: 15 },
  { kind: 'tokens-revoked', seconds: 10, recoverySeconds: 0 },
  { kind: 'dynamodb-throttled', seconds: 10, recoverySeconds: 15 },
  { kind: 'calm', seconds: 20, recoverySeconds: 0 },
  { kind: 'wecom-limited', seconds: 10, recoverySeconds: 65 },
  { kind: 'push-burst', seconds: 5, recoverySeconds: 20 },
  { kind: 'dynamodb-slow', seconds: 20, recoverySeconds: 10 },
  { kind: 'wecom-slow', seconds: 15, recoverySeconds: 10 },
  { kind: 'secret-wrong', seconds: 20, recoverySeconds: 20 },
  { kind: 'tokens-revoked', seconds: 10, recoverySeconds: 0 },
  { kind: 'calm', seconds: 25, recoverySeconds: 0 },
];

/** For one minute. */
const QUICK_ROUND: readonly Step[] = [
  { kind: 'calm', seconds: 10, recoverySeconds: 0 },
  { kind: 'tokens-revoked', seconds: 5, recoverySeconds: 0 },
  { kind: 'dynamodb-slow', seconds: 5, recoverySeconds: 5 },
  { kind: 'wecom-slow', seconds: 5, recoverySeconds: 10 },
  { kind: 'dynamodb-down', seconds: 5, recoverySeconds: 10 },
  { kind: 'calm', seconds: 5, recoverySeconds: 0 },
];

/** WeCom bans the address after too many wrong secrets, so those come once in an hour. */
const LATER_ROUNDS = FIRST_ROUND.filter(({ kind }) => !kind.startsWith('secret-'));

/**
 * The phases of a run, one after the other, in an order that is the same in every run. What does not fit
 * is left out, and the rest of the time is calm.
 */
export function scheduleOf(minutes: number, isQuick: boolean): Phase[] {
  const endMs = minutes * 60_000;
  const phases: Phase[] = [];
  let fromMs = 0;
  for (let round = isQuick ? QUICK_ROUND : FIRST_ROUND; ; round = LATER_ROUNDS) {
    for (const { kind, seconds, recoverySeconds } of round) {
      const faultUntilMs = fromMs + seconds * 1_000;
      const untilMs = faultUntilMs + recoverySeconds * 1_000;
      if (untilMs > endMs) {
        if (fromMs < endMs) {
          phases.push({ kind: 'calm', fromMs, faultUntilMs: endMs, untilMs: endMs });
        }
        return phases;
      }
      phases.push({ kind, fromMs, faultUntilMs, untilMs });
      fromMs = untilMs;
    }
  }
}
