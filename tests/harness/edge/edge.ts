import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The services that the functions call, run by serve.ts. */
export interface Edge {
  /** The environment that points a function to these services. */
  readonly environment: Readonly<Record<string, string>>;
  /** @returns the requests since the last call */
  requests(): Promise<EdgeRequest[]>;
  close(): Promise<void>;
}

export interface EdgeRequest {
  readonly to: 'WeCom' | 'DynamoDB' | 'SSM';
  readonly operation: string;
  /** The number of sequential calls of WeCom up to this one; 0 for other services. */
  readonly depth: number;
}

/** PEM files of a certificate for 127.0.0.1. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

export interface EdgeAddresses {
  readonly wecom: string;
  readonly dynamoDb: string;
  readonly ssm: string;
}

/**
 * @param latencyMs WeCom's response time
 * @param tls the certificate of all services; default: plain HTTP
 */
export async function startEdge(latencyMs: number, tls?: Certificate): Promise<Edge> {
  const serve = fileURLToPath(new URL('serve.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [serve, String(latencyMs), ...(tls ? [tls.certificate, tls.key] : [])],
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
      const hasExited = once(child, 'exit');
      child.disconnect();
      await hasExited;
    },
  };
}
