import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../../../lib/errors.ts';
import { readCallbackBody } from '../../../lib/http/callbackRequest.ts';

const asText = (body: string) => ({ body, isBase64Encoded: false });
const asBase64 = (body: string) => ({
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
});

describe.each([
  ['as text', asText],
  ['in base64', asBase64],
])('the body of a push %s', (_, written) => {
  it.each([
    ['of 64 kB', 'a'.repeat(65_536)],
    ['of 64 kB in Chinese', `${'微'.repeat(21_845)}a`],
    ['of nothing', ''],
  ])('is read when it is one %s', (__, body) => {
    expect(readCallbackBody(written(body))).toBe(body);
  });

  it.each([
    ['of 64 kB and a byte', 'a'.repeat(65_537)],
    ['of 64 kB and a byte in Chinese', `${'微'.repeat(21_845)}ab`],
    ['of 64 thousand characters of three bytes', '微'.repeat(65_536)],
  ])('is refused when it is one %s', (__, body) => {
    expect(() => readCallbackBody(written(body))).toThrow(InvalidRequest);
  });
});
