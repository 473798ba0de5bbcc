import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Certificate } from './certificate.ts';

/** Everything around the functions, as bench/edge/serve.ts runs it. */
export interface Edge {
  /** What leads a function there. */
  readonly environment: Readonly<Record<string, string>>;
  /** What came over the wire since the last call. */
  requests(): Promise<EdgeRequest[]>;
  close(): Promise<void>;
}

export interface EdgeRequest {
  readonly to: 'WeCom' | 'DynamoDB' | 'SSM';
  readonly operation: string;
  /** How many calls of WeCom had to end, one after the other, up to and with this one; else 0. */
  readonly depth: number;
}

export interface EdgeAddresses {
  readonly wecom: string;
  readonly dynamoDb: string;
  readonly ssm: string;
}

/**
 * @param latency milliseconds until WeCom answers
 * @param tls with it all speak TLS, else plain HTTP
 */
export async function startEdge(latency: number, tls?: Certificate): Promise<Edge> {
  const serve = fileURLToPath(new URL('serve.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [serve, String(latency), ...(tls ? [tls.certificate, tls.key] : [])],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${serve} ended with ${code}`);
  });
  ended.catch(() => undefined);
  const message = () => Promise.race([once(child, 'message').then(([content]) => content), ended]);
  const { wecom, dynamoDb, ssm } = (await message()) as EdgeAddresses;
  return {
    environment: {
      WECOM_API_BASE_URL: wecom,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb,
      AWS_ENDPOINT_URL_SSM: ssm,
      ...(tls && { NODE_EXTRA_CA_CERTS: tls.certificate }),
    },
    async requests() {
      const answer = message();
      child.send('requests');
      return (await answer) as EdgeRequest[];
    },
    async close() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
