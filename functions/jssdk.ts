import { wireJssdk } from '../lib/app/jssdk.ts';
import { success } from '../lib/http/answer.ts';
import { readJssdkRequest } from '../lib/http/jssdkRequest.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** `GET /api/wecom/jssdk?url=…`: the signatures by which a page may use the JS-SDK. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { origins, sign } = wireJssdk(environment);
  return route(
    { name: 'jssdk', failureMessage: '获取 JS-SDK 签名失败', environment, reportsWecom: true },
    async (request, invocation) =>
      success(await sign(readJssdkRequest(request, origins()), invocation)),
  );
}

export const handler = createHandler(process.env);
