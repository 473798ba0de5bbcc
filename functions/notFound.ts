import { failure } from '../lib/http/answer.ts';
import { route } from '../lib/http/route.ts';
import { allowedMethods } from '../lib/http/routes.ts';

/** Every request that no route takes: 405 where only the method is wrong, else 404. */
export const handler = route({ name: 'notFound', failureMessage: '接口不存在' }, async (event) => {
  const methods = allowedMethods(event.rawPath);
  // With one of them it would have gone to its function: this stage has no such path.
  const wrongMethod = methods.length > 0 && !methods.includes(event.requestContext.http.method);
  return wrongMethod
    ? failure(405, -1, '请求方法不支持', { allow: methods.join(', ') })
    : failure(404, -1, '接口不存在');
});
