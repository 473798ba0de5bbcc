import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../../../lib/errors.ts';
import { readCallbackBody } from '../../../lib/http/callbackRequest.ts';

const asText = (body: string) => ({ body, isBase64Encoded: false });
const asBase64 = (body: string) => ({
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
});

const MEBIBYTE = 1_048_576;

describe.each([
  ['as text', asText],
  ['in base64', asBase64],
])('the body of a push %s', (_, written) => {
  it.each([
    ['of 1 MiB', 'a'.repeat(MEBIBYTE)],
    ['of 1 MiB in Chinese', `${'微'.repeat(349_525)}a`],
    ['of nothing', ''],
  ])('is read when it is one %s', (__, body) => {
    expect(readCallbackBody(written(body))).toBe(body);
  });

  it.each([
    ['of 1 MiB and a byte', 'a'.repeat(MEBIBYTE + 1)],
    ['of 1 MiB and a byte in Chinese', `${'微'.repeat(349_525)}ab`],
    ['of a million characters of three bytes', '微'.repeat(MEBIBYTE)],
  ])('is refused when it is one %s', (__, body) => {
    expect(() => readCallbackBody(written(body))).toThrow(InvalidRequest);
  });
});
