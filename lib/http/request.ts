/** One HTTP request, as API Gateway describes it in payload format 2.0, with nothing absent. */
export interface HttpRequest {
  readonly method: string;
  /** Decoded once by API Gateway, with its leading slash. */
  readonly path: string;
  /** The route that took it, such as `GET /api/wecom/authorize` or `$default`. */
  readonly route: string;
  /** Without the question mark, percent-encoded as it was sent. */
  readonly rawQuery: string;
  /** Decoded; API Gateway joins repeated parameters with a comma. */
  readonly query: Texts;
  /** By lower-case name. */
  readonly headers: Texts;
  readonly pathParameters: Texts;
  /** By name, as the browser sent them; of two of one name the first. */
  readonly cookies: Texts;
  /** As API Gateway gives it: in base64 where `isBase64Encoded` says so; '' for no body. */
  readonly body: string;
  readonly isBase64Encoded: boolean;
  /** The ARN of the caller that API Gateway's IAM authorizer identified. */
  readonly iamPrincipal: string | undefined;
  /** The id of the request in API Gateway's access log. */
  readonly gatewayRequestId: string | undefined;
}

type Texts = Readonly<Record<string, string | undefined>>;

/** No cookie has one (RFC 6265). */
const LINE_BREAK = /[\n\r\u2028\u2029]/;
/** An IAM user, role or assumed role, or the root of an account. */
const PRINCIPAL = /^arn:[\w-]+:(iam|sts)::\d{12}:\S+$/;

/**
 * Reads an event. Gateways differ in what they leave out and what they send as null, so anything
 * that is not of its documented type counts as absent.
 */
export function readRequest(event: unknown): HttpRequest {
  const { rawPath, routeKey, rawQueryString, body, isBase64Encoded, ...rest } = objectOf(event);
  const context = objectOf(rest['requestContext']);
  const { userArn } = objectOf(objectOf(context['authorizer'])['iam']);
  const headers = textsOf(rest['headers']);
  return {
    method: textOf(objectOf(context['http'])['method']),
    path: textOf(rawPath),
    route: textOf(routeKey),
    rawQuery: textOf(rawQueryString),
    query: textsOf(rest['queryStringParameters']),
    headers,
    pathParameters: textsOf(rest['pathParameters']),
    cookies: cookiesOf(rest['cookies'], headers['cookie']),
    body: textOf(body),
    isBase64Encoded: isBase64Encoded === true,
    iamPrincipal: typeof userArn === 'string' && PRINCIPAL.test(userArn) ? userArn : undefined,
    gatewayRequestId: textOf(context['requestId']) || undefined,
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): Texts {
  // No prototype: a header named `constructor` is absent unless it was sent.
  const texts: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries(objectOf(value))) {
    if (typeof text === 'string') texts[name] = text;
  }
  return texts;
}

/** API Gateway takes cookies out of the headers; other gateways leave them there. */
function cookiesOf(list: unknown, header: string | undefined): Texts {
  const sent = Array.isArray(list) ? list : (header ?? '').split(';');
  const cookies: Record<string, string> = Object.create(null);
  for (const pair of sent) {
    const text = typeof pair === 'string' ? pair : '';
    const end = text.indexOf('=');
    const name = text.slice(0, Math.max(end, 0)).trimStart();
    const value = text.slice(end + 1).trimEnd();
    if (name === '' || /\s/.test(name) || LINE_BREAK.test(value)) continue;
    cookies[name] ??= value;
  }
  return cookies;
}
