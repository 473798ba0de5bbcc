import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Clock } from './clock.ts';
import { ConfigurationError } from './errors.ts';
import { watchIdleConnections } from './idleConnections.ts';

/** Attempts and time limits of one operation. */
export interface ClientLimits {
  /** Including the first. Default: AWS_MAX_ATTEMPTS, else the SDK's. */
  readonly attempts?: number;
  readonly connectMs: number;
  /** For each attempt: until the answer begins, and between two parts of it. */
  readonly answerMs: number;
}

/**
 * For the functions. The SDK's defaults are three attempts and no time limit. A service in the same
 * region answers within ten milliseconds, a visitor is waiting, and every caller has a fallback: the
 * token is kept in memory, the last value of a parameter is used, `verify` refuses.
 */
export const FUNCTION_LIMITS: ClientLimits = { attempts: 2, connectMs: 500, answerMs: 1_000 };

const MOST_CONNECTIONS = 50;

/**
 * The settings of a client of AWS: `new DynamoDBClient(clientSettings(FUNCTION_LIMITS, clock))`.
 * The SDK finds region, endpoint and credentials itself: in a bundle in Lambda's environment
 * (lib/lambdaCredentials.ts), elsewhere in profiles, SSO and more.
 */
export function clientSettings({ attempts, connectMs, answerMs }: ClientLimits, clock: Clock) {
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

/** Closes old connections first: they may have died while the Lambda was frozen. */
class FreshConnections extends NodeHttpHandler {
  readonly #idle;

  constructor(limits: object, clock: Clock) {
    const options = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    const httpAgent = new HttpAgent(options);
    // Made during init, when Lambda gives a whole CPU: the first context loads all CA certificates.
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

/** The form of an error's name and of a system's code. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;

/**
 * Why an operation failed: the name of AWS's error, such as `ThrottlingException`, or the system's
 * code, such as `ECONNREFUSED`. Never the message: it quotes keys, roles and profiles.
 *
 * @param error what the client threw
 * @throws ConfigurationError if the client could not send anything: no credentials, no region, or an
 *   invalid endpoint. The SDK looks for them at the first request.
 */
export async function refusalOf(
  error: unknown,
  { config }: DynamoDBClient | EventBridgeClient | LambdaClient | SQSClient | SSMClient,
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
    const advice = 'Correct the variables that begin with AWS_ENDPOINT_URL.';
    throw unusable('The endpoint of AWS is not an http(s) URL', 'InvalidEndpoint', advice);
  }
  return String(reason ?? 'unknown');
}

const CREDENTIALS_ADVICE =
  'Set AWS_PROFILE, run `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

function unusable(message: string, reason: string, advice: string) {
  return new ConfigurationError(message, { reason, advice });
}
