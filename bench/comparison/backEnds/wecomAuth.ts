import { startGateway } from '../../../tests/harness/gateway.ts';

/*
 * One instance of this project's functions behind HTTP, in place of API Gateway:
 *
 *   PORT=… node wecomAuth.ts <bundle of getUserInfo> <bundle of authorize>
 */
const [, , getUserInfo = '', authorize = ''] = process.argv;
const handlerOf = async (file: string) => (await import(file)).handler;
const routes = [
  { route: 'POST /api/wecom/getUserInfo', handler: await handlerOf(getUserInfo) },
  { route: 'GET /api/wecom/authorize', handler: await handlerOf(authorize) },
];
await startGateway(routes, undefined, Number(process.env['PORT']));
