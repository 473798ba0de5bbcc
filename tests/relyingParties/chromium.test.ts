import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inChromium, missingChromium } from '../harness/chromium.ts';
import { permit } from '../harness/permit.ts';
import { startOpenid } from '../harness/relyingParty.ts';
import { authJs } from './authJs/program.ts';
import { type Chromium, startChromium } from './chromium.ts';
import { oidcClientTs } from './oidcClientTs/program.ts';
import { MEMBERS, PERMISSION, type Provider } from './provider.ts';
import { tryProgram } from './trial.ts';

describe.skipIf(missingChromium)(inChromium('relying parties'), () => {
  let provider: Provider;
  let chromium: Chromium;

  beforeAll(async () => {
    const { api, stack, register } = await startOpenid();
    for (const userid of [MEMBERS.withEmail, MEMBERS.withoutEmail]) {
      await permit(stack, `member#${userid}`, PERMISSION);
    }
    provider = {
      issuer: api.url,
      wecomUrl: stack.wecom.url,
      async addClient({ id, redirectUri, isPublic = false, refresh = false }) {
        const secret = `the-secret-of-${id}`;
        const party = { id, redirectUri, ...(!isPublic && { secret }) };
        await register(party, { permission: PERMISSION, refresh });
        return { id, secret: isPublic ? '' : secret };
      },
    };
    chromium = await startChromium();
  });

  afterAll(() => chromium.close());

  it.each([authJs, oidcClientTs])(
    '$name signs members in with and without an address, and refuses one without the permission',
    async (program) => {
      const results = await tryProgram(program, { provider, chromium, subs: new Map() });
      expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
      expect(results).toHaveLength(3);
    },
  );
});
