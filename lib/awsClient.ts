import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Clock } from './clock.ts';
import { ConfigurationError } from './errors.ts';
import { watchIdleConnections } from './idleConnections.ts';

/** How long AWS is waited for. */
export interface Patience {
  /** Of one operation, the first included; absent: AWS_MAX_ATTEMPTS, or as many as the SDK makes. */
  readonly attempts?: number;
  readonly connectMs: number;
  /** For each attempt: until the answer begins, and then between two parts of it. */
  readonly answerMs: number;
}

/**
 * For the functions. The SDK's own defaults are three attempts and no time limit, but a visitor is
 * waiting: a service in the same region answers within ten milliseconds, and whoever asks has
 * something better to do than wait (the token falls back to memory, a remembered secret serves,
 * `verify` fails closed).
 */
export const VISITOR_PATIENCE: Patience = { attempts: 2, connectMs: 500, answerMs: 1_000 };

const MOST_CONNECTIONS = 50;

/**
 * The settings of a client of AWS: `new DynamoDBClient(clientSettings(VISITOR_PATIENCE, clock))`.
 * Region, endpoint and credentials are the SDK's own to find: in a bundle they come from Lambda's
 * environment (lib/lambdaCredentials.ts), elsewhere from profiles, SSO and more.
 */
export function clientSettings({ attempts, connectMs, answerMs }: Patience, clock: Clock) {
  return {
    ...(attempts !== undefined && { maxAttempts: attempts }),
    requestHandler: new FreshConnections(
      {
        connectionTimeout: connectMs,
        requestTimeout: answerMs,
        socketTimeout: answerMs,
        throwOnRequestTimeout: true,
      },
      clock,
    ),
  };
}

const NO_HTTP = 'ERR_INVALID_PROTOCOL';

/** Both attempts of an operation would else meet connections that died while a Lambda was frozen. */
class FreshConnections extends NodeHttpHandler {
  readonly #idle;

  constructor(limits: object, clock: Clock) {
    const options = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    const httpAgent = new HttpAgent(options);
    // Made now and not with each connection: the first one reads all the certificates of the
    // authorities, and a Lambda that starts up has a whole CPU.
    const httpsAgent = new HttpsAgent({ ...options, secureContext: createSecureContext() });
    super({ ...limits, httpAgent, httpsAgent });
    this.#idle = [httpAgent, httpsAgent].map((agent) => watchIdleConnections(agent, clock));
  }

  override async handle(...[request, options]: Parameters<NodeHttpHandler['handle']>) {
    // The SDK would speak plain HTTP to it.
    if (!/^https?:$/.test(request.protocol)) throw Object.assign(new Error(), { code: NO_HTTP });
    for (const idle of this.#idle) idle.closeStale();
    try {
      return await super.handle(request, options);
    } catch (error) {
      for (const idle of this.#idle) idle.closeAll();
      throw error;
    }
  }
}

/** An error's name and a system's code; all else is words. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;

/**
 * Why AWS did not do what it was asked: the name of its error, such as `ThrottlingException`, or the
 * system's code, such as `ECONNREFUSED`. Never its words: they quote keys, roles and profiles.
 *
 * @param error what the client threw
 * @throws ConfigurationError where the client could not even ask: no credentials, no region, or an
 *   endpoint that is none. The SDK looks for them at the first request.
 */
export async function refusalOf(
  error: unknown,
  { config }: DynamoDBClient | LambdaClient | SSMClient,
): Promise<string> {
  const { name, code, $metadata } = error as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  const reason = [code, name].find((each) => NAME.test(String(each ?? '')));
  if (status !== undefined) return reason === undefined ? `HTTP ${status}` : String(reason);
  if (name === 'CredentialsProviderError') {
    throw unusable('There are no AWS credentials', 'CredentialsProviderError', CREDENTIALS_ADVICE);
  }
  await Promise.resolve(config.region()).catch(() => {
    throw unusable('There is no AWS region', 'NoRegion', 'Set AWS_REGION.');
  });
  if (code === NO_HTTP || code === 'ERR_INVALID_URL') {
    const advice = 'Correct AWS_ENDPOINT_URL and the variables that begin with it.';
    throw unusable('The endpoint of AWS is not an http(s) URL', 'InvalidEndpoint', advice);
  }
  return String(reason ?? 'unknown');
}

const CREDENTIALS_ADVICE =
  'Lambda sets them. Elsewhere set AWS_PROFILE, run `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

function unusable(message: string, reason: string, advice: string) {
  return new ConfigurationError(message, { reason, advice });
}
