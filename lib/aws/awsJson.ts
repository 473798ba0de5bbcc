// Signing is AWS's own; why the rest of its clients is not here is said below.
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clock } from '../clock.ts';
import { ConfigurationError, WecomAuthError } from '../errors.ts';
import { ConnectionFailed, createTransport, type TransportAnswer } from '../transport.ts';
import { awsEndpoint } from './endpoint.ts';
import { type Credentials, environmentCredentials } from './environmentCredentials.ts';

/*
 * AWS's JSON protocol, and not `@aws-sdk/client-dynamodb` and `client-ssm`: a handler with nothing but
 * the first of them takes half of what the Express backend takes until its first answer, and half is
 * all that a cold `verify` may take with everything it does. Measured in bench/results.md; what it
 * costs to go without is in docs/architecture.md.
 */

/** A service that speaks the protocol. */
export interface AwsService {
  /** Its name in its host and in signatures. */
  readonly name: 'dynamodb' | 'ssm';
  /** What its operations begin with in `x-amz-target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** No answer is longer. */
  readonly bodyBytes: number;
}

/** Where, as whom and how long to ask. What is not given is taken from the environment. */
export interface AwsOptions {
  readonly clock: Clock;
  readonly region?: string;
  /** In place of the region's own, such as `http://127.0.0.1:3503`. */
  readonly endpoint?: string;
  readonly credentials?: () => Promise<Credentials>;
  /** 1 or 2; 2 by default. */
  readonly attempts?: number;
  /** 500 by default. */
  readonly connectMilliseconds?: number;
  /** For each attempt; 1 000 by default. */
  readonly milliseconds?: number;
}

/** What the service answered; or the name of what went wrong, and never its words: they quote keys. */
export type AwsAnswer =
  | { readonly output: object; readonly refusal?: undefined }
  | { readonly output?: undefined; readonly refusal: string };

/** Sends one operation, twice where that may help. @throws ConfigurationError */
export type AskAws = (operation: string, input: object) => Promise<AwsAnswer>;

/** After these a second attempt may well be answered. All else that a service refuses, it means. */
const PASSING = [
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
];
const RETRY_MILLISECONDS = 50;

/**
 * Making it sends nothing. Its limits are for a visitor who waits: a service in the same region
 * answers within ten milliseconds, and all who ask have something better to do than wait (the token
 * falls back to memory, a remembered secret serves, `verify` fails closed).
 */
export function createAwsJson(service: AwsService, options: AwsOptions): AskAws {
  const { attempts = 2, connectMilliseconds = 500, milliseconds = 1_000, clock } = options;
  const { region = process.env['AWS_REGION'] ?? '', credentials = environmentCredentials } =
    options;
  if (region === '') return refusing('There is no AWS region', 'Set AWS_REGION.');
  const endpoint = URL.parse(options.endpoint ?? awsEndpoint(service.name, region));
  if (!endpoint?.protocol.startsWith('http')) {
    return refusing('The endpoint is no URL of HTTP', 'Mend AWS_ENDPOINT_URL and what begins so.');
  }
  const { origin, hostname, host, pathname } = endpoint;
  const prefix = pathname.replace(/\/+$/, '');
  const { bodyBytes } = service;
  const transport = createTransport(origin + prefix, { connectMilliseconds, bodyBytes }, clock);
  const signer = new SignatureV4({
    service: service.name,
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });

  async function send(operation: string, body: string): Promise<TransportAnswer> {
    const request = { method: 'POST', path: '/', body } as const;
    const headers = {
      host,
      'content-type': `application/x-amz-json-${service.version}`,
      'x-amz-target': `${service.target}.${operation}`,
    };
    const signed = await signer.sign(
      { ...request, path: `${prefix}/`, protocol: 'https:', hostname, headers },
      { signingDate: new Date(clock.now()) },
    );
    return transport({ ...request, headers: signed.headers }, milliseconds);
  }

  async function attempt(operation: string, body: string): Promise<Attempt> {
    try {
      return readAnswer(await send(operation, body));
    } catch (error) {
      if (error instanceof WecomAuthError) throw error;
      if (error instanceof ConnectionFailed) {
        return { refusal: error.code || error.why, passing: error.why !== 'too-long' };
      }
      // Of credentials that cannot be had. By its name only: its words quote profiles and roles.
      return { refusal: error instanceof Error ? error.name : 'unknown', passing: false };
    }
  }

  return async function ask(operation, input) {
    const body = JSON.stringify(input);
    for (let tries = 1; ; tries += 1) {
      const { passing, ...answer } = await attempt(operation, body);
      if (!passing || tries >= attempts) return answer;
      await clock.sleep(RETRY_MILLISECONDS);
    }
  };
}

/** A function is made while it starts up, where an error would reach nobody who reads our log. */
function refusing(message: string, advice: string): AskAws {
  return async () => {
    throw new ConfigurationError(message, { advice });
  };
}

/** With whether it may be otherwise the next time. */
type Attempt = AwsAnswer & { readonly passing?: boolean };

/**
 * Such as `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException`; the protocol allows for
 * an address behind a colon (Smithy, "AWS JSON 1.0 protocol", operation error serialization).
 */
const NAME = /^(?:[^#:]*#)?([A-Za-z]{1,80})(?::|$)/;

function readAnswer({ status, text }: TransportAnswer): Attempt {
  let output: unknown;
  try {
    output = JSON.parse(text);
  } catch {
    output = undefined;
  }
  const isObject = typeof output === 'object' && output !== null;
  if (status === 200 && isObject) return { output: output as object };
  const { __type: type } = (isObject ? output : {}) as { __type?: unknown };
  const refusal = (typeof type === 'string' && NAME.exec(type)?.[1]) || `HTTP ${status}`;
  return { refusal, passing: status >= 500 || PASSING.includes(refusal) };
}
