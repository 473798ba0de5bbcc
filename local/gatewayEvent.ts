/** What differs between the sample events of API Gateway. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  readonly rawPath: string;
  /** The path of the route, such as `/api/wecom/callback/{channel}`. Default: `rawPath`. */
  readonly route?: string;
  readonly rawQueryString: string;
  readonly userAgent: string;
  readonly sourceIp: string;
  /** Beside `host` and `user-agent`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as an event of API Gateway (HTTP API, payload format 2.0), for `serverless invoke local`. */
export function gatewayEvent(request: GatewayRequest) {
  const {
    method,
    rawPath,
    route = rawPath,
    rawQueryString,
    userAgent,
    sourceIp,
    headers,
  } = request;
  const routeKey = `${method} ${route}`;
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    headers: {
      host: 'abc123.execute-api.ap-southeast-1.amazonaws.com',
      'user-agent': userAgent,
      ...headers,
    },
    requestContext: {
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp, userAgent },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey,
      stage: '$default',
    },
    isBase64Encoded: false,
  };
}
