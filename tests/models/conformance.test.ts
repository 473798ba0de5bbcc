import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nextStep } from '../../lib/token/nextStep.ts';
import { CLOCK_SKEW_MS, LEASE_MS, type TokenRecord } from '../../lib/token/tokenStore.ts';
import { compilerOf, explore } from './spin.ts';

const LEASE_MODEL = 'lib/token/tokenLease.pml';
const SECOND = 1_000;
/** Compiling C takes seconds, and much longer on a busy machine. */
const timeout = 300_000;
/** Of the tokens of the model. Its margins follow from it. */
const LIFE_MS = 24 * SECOND;
const NOW = Date.parse('2026-03-02T01:00:00Z');

function constantOf(name: string): number {
  const value = new RegExp(`^#define ${name} (\\d+)`, 'm').exec(readFileSync(LEASE_MODEL, 'utf8'));
  return Number(value?.[1]);
}

describe('the model of the lease', () => {
  it('has the times of the code', () => {
    expect(constantOf('SKEW') * SECOND).toBe(CLOCK_SKEW_MS);
    // The first definition is the one of a mutation.
    expect(readFileSync(LEASE_MODEL, 'utf8')).toContain(`#define LEASE ${LEASE_MS / SECOND} `);
    expect(constantOf('HOLDER_WORK') * SECOND).toBe(LEASE_MS - CLOCK_SKEW_MS);
  });

  const compiler = compilerOf();
  it.skipIf(compiler === undefined)('decides as nextStep, in every state', { timeout }, () => {
    const definitions = ['-DINSTANCES=2', '-DPRINT'];
    const { isWhole, lines } = explore(LEASE_MODEL, definitions, compiler ?? '', ['-DPRINTF']);
    expect(isWhole).toBe(true);
    const decisions = lines.filter((line) => line.startsWith('next '));
    expect(decisions.length).toBeGreaterThan(200);
    expect(decisions.map((line) => `${line}: ${decisionOfCode(line)}`)).toEqual(
      decisions.map((line) => `${line}: ${decisionOfModel(line)}`),
    );
  });
});

/** What a request reports: nothing, an older token, or the stored one. */
const REPORTED = [undefined, 'older', 'A'];
const STEPS = ['use', 'renew ahead', 'wait', 'continue', 'renew'];

function decisionOfModel(line: string): string | undefined {
  return STEPS[Number(line.split(' ')[1])];
}

function decisionOfCode(line: string): string {
  const [, , tokenLeft = 0, leaseLeft = 0, isOwn, reported = 0, mayReplace, ahead = 0] = line
    .split(' ')
    .map(Number);
  const expiresAt = NOW + tokenLeft * SECOND;
  const record: TokenRecord = {
    version: 1,
    ...(tokenLeft > 0 && {
      token: {
        value: 'A',
        obtainedAt: expiresAt - LIFE_MS,
        expiresAt,
        ...(!mayReplace && { reissuedAt: NOW }),
      },
    }),
    ...(leaseLeft > 0 && {
      lease: { owner: isOwn ? 'own' : 'another', until: NOW + leaseLeft * SECOND },
    }),
  };
  const step = nextStep(record, NOW + ahead * SECOND, REPORTED[reported], 0);
  if (step.do === 'wait') return step.owner === 'own' ? 'continue' : 'wait';
  return step.do === 'renew' && step.token ? 'renew ahead' : step.do;
}
