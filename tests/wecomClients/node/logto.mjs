import createConnector, { getAccessToken } from '@logto/connector-wecom';
import { serve } from './driver.mjs';

const { CORPID, SECRET, AGENTID } = process.env;
const config = { corpId: CORPID, appSecret: SECRET, agentId: AGENTID };
const connector = await createConnector({ getConfig: async () => config });

/** One sign-in: gettoken, auth/getuserinfo, user/get and auth/getuserdetail. */
const signIn = ({ code }) => connector.getUserInfo({ code });

await serve({
  token: async () => ({ token: (await getAccessToken(config)).accessToken }),
  code: async (given) => ({ userid: (await signIn(given)).id }),
  detail: async (given) => ({ mobile: (await signIn(given)).rawData.mobile }),
  user: async (given) => ({ name: (await signIn(given)).name }),
});
