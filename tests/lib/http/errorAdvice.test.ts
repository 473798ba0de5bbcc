import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Details, WecomAuthError } from '../../../lib/errors.ts';
import { ERROR_ADVICE } from '../../../lib/http/errorAdvice.ts';
import { logOutcome } from '../../../lib/http/requestOutcome.ts';
import { createLog } from '../../../lib/log/log.ts';
import { errcodeEntry } from '../../../lib/wecom/errcodes.ts';
import { WecomErrcode } from '../../../lib/wecom/errors.ts';

class OfCode extends WecomAuthError {
  override readonly name = 'OfCode';
  readonly code: WecomAuthError['code'];

  constructor(code: WecomAuthError['code']) {
    super('problem');
    this.code = code;
  }
}

async function lineOf(status: number, fault: 'none' | 'aws', error?: unknown, facts: Details = {}) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ stage: 'test' }, (line) => lines.push(JSON.parse(line)));
  const took = { facts, metrics: {}, upstreamMilliseconds: 0, durationMilliseconds: 1 };
  await logOutcome(log, { status, fault, error, ...took });
  return lines[0] ?? {};
}

const codes = Object.keys(ERROR_ADVICE) as (keyof typeof ERROR_ADVICE)[];

describe('the log line of a failed request', () => {
  it.each(codes)('has advice in both languages: %s', async (code) => {
    const error = code === 'ERR_UNEXPECTED' ? new TypeError('no') : new OfCode(code);
    const { advice, adviceZh, ...line } = await lineOf(500, 'aws', error);
    expect(line).toMatchObject({ error: code, outcome: 'failed' });
    expect(advice).toMatch(/^[A-Z].{15,}\.$/);
    expect(adviceZh).toMatch(/\p{Script=Han}.{2,}。$/u);
    expect(advice).not.toMatch(/\p{Script=Han}/u);
  });

  it('has advice for every code of lib/errors.ts', () => {
    const declared = readFileSync('lib/errors.ts', 'utf8').matchAll(/^ {2}\| '(ERR_\w+)'/gm);
    const all = [...Array.from(declared, ([, code]) => code), 'ERR_UNEXPECTED'];
    expect([...codes].sort()).toEqual(all.sort());
  });

  it('has the advice of the errcode, which says more', async () => {
    const entry = errcodeEntry(60020);
    const line = await lineOf(500, 'none', new WecomErrcode('gettoken', 60020, '', entry));
    expect(line).toMatchObject({ advice: entry.remedy.en, adviceZh: entry.remedy.zh });
  });

  it('has advice without an error too', async () => {
    expect(await lineOf(500, 'aws')).toHaveProperty('advice');
  });

  it.each([
    ['unknown-member', 'could not be asked', '无法向企业微信查询'],
    ['member-unreadable', 'could not be read', '无法读取'],
    ['group-unreadable', 'a denial names', '拒绝'],
  ])('has the advice of the decision of verify: %s', async (decision, en, zh) => {
    const line = await lineOf(200, 'aws', undefined, { decision });
    expect(line['advice']).toContain(en);
    expect(line['adviceZh']).toContain(zh);
  });
});

describe('the log line of any other request', () => {
  it.each([200, 302, 401, 404])('has none: %i', async (status) => {
    const line = await lineOf(
      status,
      'none',
      status < 400 ? undefined : new OfCode('ERR_FORBIDDEN'),
    );
    expect(line).not.toHaveProperty('advice');
    expect(line).toMatchObject({ outcome: status < 400 ? 'success' : 'refused' });
  });
});

describe('the pages that the advice names', () => {
  it('exist, in both languages', () => {
    for (const { en, zh } of Object.values(ERROR_ADVICE)) {
      for (const [, file = '', anchor] of `${en} ${zh}`.matchAll(
        /(docs\/[\w/-]+\.md)(?:#([\p{L}-]+))?/gu,
      )) {
        const text = readFileSync(file, 'utf8');
        if (anchor) expect(text).toMatch(new RegExp(`^#+ ${anchor}$`, 'im'));
      }
    }
  });
});
