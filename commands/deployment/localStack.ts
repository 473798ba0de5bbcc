/** Of `npm start`, where PORT does not move it. */
export const LOCAL_PORT = 3000;

/** How far above its port the stack's embedded services are. */
const ABOVE = { wecom: 500, ssm: 502, dynamoDb: 503 } as const;

export function localEndpoint(service: keyof typeof ABOVE, port: number): string {
  return `http://127.0.0.1:${port + ABOVE[service]}`;
}

/** Invented keys: a developer's own have no business with the embedded services. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
