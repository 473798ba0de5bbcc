const TIMEOUT_MS = 15_000;

/**
 * Requests to WeCom, or to what stands for it.
 *
 * @param settings the settings file, see README.md
 * @returns `get`, `post` and `fetch`, and `token` for a secret. `sent` has the lines of the requests since
 *   `forget`, without any value of a parameter.
 */
export function createHttp(settings) {
  const tokens = new Map();
  let sent = [];

  async function request(url, options = {}) {
    const { pathname, searchParams } = new URL(url);
    const names = [...searchParams.keys()].join(', ');
    sent.push(`${options.method ?? 'GET'} ${pathname}${names && ` (${names})`}`);
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...options,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }

  const address = (path, query) => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    return `${settings.api}/cgi-bin/${path}?${new URLSearchParams(given)}`;
  };
  const get = (path, query = {}) => request(address(path, query));
  return {
    fetch: request,
    get,
    post: (path, query, body) =>
      request(address(path, query), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    /** The token of an app, fetched once in a run: frequent calls of gettoken are blocked. */
    async token({ secret } = settings.app) {
      const kept = tokens.get(secret);
      if (kept) return kept;
      const { json } = await get('gettoken', { corpid: settings.corpid, corpsecret: secret });
      if (!json?.access_token) throw new Error(`gettoken: ${json?.errcode} ${json?.errmsg}`);
      tokens.set(secret, json.access_token);
      return json.access_token;
    },
    sent: () => sent,
    forget() {
      sent = [];
    },
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
