import { createRequire } from 'node:module';
import { serve } from './driver.mjs';

const { Strategy } = createRequire(import.meta.url)('passport-wechat-enterprise');
const { CORPID, SECRET } = process.env;

// The application keeps the token.
let kept;
const strategy = new Strategy(
  { corpId: CORPID, corpSecret: SECRET, callbackURL: 'http://localhost:3000/back' },
  (profile, done) => done(null, profile),
  (done) => done(null, kept),
  (token) => {
    kept = token;
  },
);

function signIn({ code }) {
  return new Promise((resolve, reject) => {
    const actions = { success: resolve, error: reject, fail: () => reject(new Error('fail')) };
    Object.assign(Object.create(strategy), actions).authenticate({ query: { code } });
  });
}

await serve({
  async token(given) {
    await signIn(given);
    return { token: kept.access_token };
  },
  code: async (given) => ({ userid: (await signIn(given)).id }),
});
