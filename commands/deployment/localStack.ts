/** The port of `npm start` unless PORT is set. */
export const LOCAL_PORT = 3000;

/** Each embedded service listens this far above the stack's port. */
const PORT_OFFSETS = {
  wecom: 500,
  ssm: 502,
  dynamoDb: 503,
  invocation: 504,
  eventBridge: 505,
  sqs: 506,
} as const;

export function localEndpoint(service: keyof typeof PORT_OFFSETS, port: number): string {
  return `http://127.0.0.1:${port + PORT_OFFSETS[service]}`;
}

/** Made-up keys, so that a developer's own are never sent to the embedded services. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
