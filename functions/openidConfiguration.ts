import { configuration } from '../lib/app/base.ts';
import { publicDocument } from '../lib/http/publicDocument.ts';
import { route } from '../lib/http/route.ts';
import { openidConfiguration } from '../lib/session/openidConfiguration.ts';

/** `GET /.well-known/openid-configuration`: where the keys are, for whoever knows only the issuer. */
export const handler = route(
  { name: 'openidConfiguration', failureMessage: '获取配置失败' },
  async () => publicDocument(openidConfiguration(configuration().sessionIssuer)),
);
