import type { Handler } from '../../lib/http/route.ts';
import { type Gateway, startGateway } from '../harness/gateway.ts';
import type { Inventory } from './inventory.ts';
import { type RunningFunction, startFunction } from './lambda.ts';
import type { Moto } from './moto.ts';

/**
 * Serves a deployed HTTP API: each of its routes runs the function that it names, which starts with its
 * first request.
 *
 * @param name of the API
 */
export async function serveApi(
  moto: Moto,
  inventory: Inventory,
  name: string,
  region: string,
): Promise<Gateway> {
  const running = new Map<string, Promise<RunningFunction>>();
  const start = async (functionName: string) => {
    const configuration = inventory.functions[functionName];
    if (configuration === undefined) throw new Error(`there is no function ${functionName}`);
    // moto names AWS's bucket of code. The package is in the stage's own, where the deployment put it.
    const bucket = inventory.stack?.outputs['ServerlessDeploymentBucketName'] ?? '';
    const key = new URL(configuration.code).pathname.slice(1);
    return startFunction(configuration, region, moto.environment, (file) =>
      moto.download(region, bucket, key, file),
    );
  };
  const handlerOf = (arn: string): Handler => {
    const functionName = arn.split(':').at(-1) ?? '';
    return async (event) => {
      const started = running.get(functionName) ?? start(functionName);
      running.set(functionName, started);
      return started.then((each) => each.invoke(event) as ReturnType<Handler>).catch(badGateway);
    };
  };
  const routes = Object.entries(inventory.apis[name]?.routes ?? {}).map(([key, arn]) => ({
    route: key === '$default' ? '*' : key,
    handler: handlerOf(arn),
  }));
  // API Gateway takes the route that fits best.
  const generality = (route: string) => (route === '*' ? 2 : route.includes('{') ? 1 : 0);
  routes.sort((a, b) => generality(a.route) - generality(b.route));
  const gateway = await startGateway(routes, 15_000);
  return {
    url: gateway.url,
    async close() {
      await gateway.close();
      const started = await Promise.allSettled(running.values());
      for (const each of started) if (each.status === 'fulfilled') await each.value.close();
    },
  };
}

/** @returns what API Gateway answers if a function does not start, or fails */
function badGateway(error: unknown) {
  console.error(error);
  return { statusCode: 502, body: '{"message":"Bad Gateway"}' };
}
