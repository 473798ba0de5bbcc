import { describe, expect, it } from 'vitest';
import { signatureOf, signPage } from '../../../lib/jssdk/sign.ts';

/** The example of document 96909. */
const EXAMPLE = {
  ticket: 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg',
  nonceStr: 'Wm3WZYTPz0wzccnW',
  timestamp: 1_414_587_457,
  url: 'http://mp.weixin.qq.com?params=value',
  signature: '0f9de62fce790f9a083d5c99e95740ceb90c27ed',
};

describe('a signature', () => {
  it("is that of WeCom's own example", () => {
    const { ticket, nonceStr, timestamp, url, signature } = EXAMPLE;
    expect(signatureOf(ticket, nonceStr, timestamp, url)).toBe(signature);
  });

  it('has seconds, and for each call a text of its own that is used once', () => {
    let next = 0;
    const randomBytes = (count: number) => {
      next += 1;
      return new Uint8Array(count).fill(next);
    };
    const app = { corpId: 'ww1', agentId: '1000002' };
    const parts = { app, now: 1_414_587_457_999, randomBytes };
    const tickets = { config: 'C', agentConfig: 'A' };
    const { config, agentConfig } = signPage(parts, tickets, 'https://app.example.com/');
    expect(config).toMatchObject({
      appId: 'ww1',
      timestamp: 1_414_587_457,
      nonceStr: '01'.repeat(16),
    });
    expect(agentConfig).toMatchObject({
      corpid: 'ww1',
      agentid: '1000002',
      timestamp: 1_414_587_457,
      nonceStr: '02'.repeat(16),
    });
    expect(config.signature).not.toBe(agentConfig.signature);
  });
});
