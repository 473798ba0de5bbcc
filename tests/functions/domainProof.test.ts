import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { allowedMethods } from '../../lib/http/routes.ts';
import { contextOf } from '../harness/gateway.ts';
import { DOMAIN_PROOF, type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack();
  url = (await stack.newInstance()).url;
});

describe("the proof of the domain's ownership", () => {
  it('is the 16 characters of its name, as plain text, and nothing else', async () => {
    const response = await fetch(`${url}/WW_verify_${DOMAIN_PROOF}.txt`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(DOMAIN_PROOF));
  });

  it.each(['', 'short', `${DOMAIN_PROOF}\n`, '<script>alert()</script>'])(
    'is not there for a stage whose proof is %j',
    async (proof) => {
      const { domainProof: handler } = stack.handlers({ DOMAIN_PROOF: proof });
      const event = JSON.parse(readFileSync('events/domainProof.json', 'utf8'));
      const asked = { ...event, rawPath: `/WW_verify_${proof}.txt` };
      expect(await handler(asked, contextOf())).toMatchObject({ statusCode: 404 });
    },
  );

  it('is another name for nothing', async () => {
    const response = await fetch(`${url}/WW_verify_AAAAAAAAAAAAAAAA.txt`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ code: -1, message: '接口不存在' });
  });

  it('is one of the routes', () => {
    expect(allowedMethods(`/WW_verify_${DOMAIN_PROOF}.txt`)).toEqual(['GET']);
    expect(allowedMethods('/WW_verify_.txt')).toEqual([]);
    expect(allowedMethods(`/a/WW_verify_${DOMAIN_PROOF}.txt`)).toEqual([]);
  });
});
