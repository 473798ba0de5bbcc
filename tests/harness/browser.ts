interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/** A browser's redirects and cookies, without pages and scripts. */
export class Browser {
  readonly #cookies: Cookie[] = [];
  readonly #keepsCookies: boolean;
  readonly #headers: Readonly<Record<string, string>>;
  /** The addresses so far, in order. */
  readonly visited: string[] = [];

  /** @param headers of every request, such as its `user-agent` */
  constructor(
    options: { readonly keepsCookies?: boolean; readonly headers?: Record<string, string> } = {},
  ) {
    this.#keepsCookies = options.keepsCookies ?? true;
    this.#headers = options.headers ?? {};
  }

  /** Sends one request without following its redirect. */
  async visit(address: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    this.visited.push(address);
    const cookie = this.#cookies
      .filter(({ host, path }) => host === url.host && url.pathname.startsWith(path))
      // RFC 6265 §5.4: the longest path first.
      .sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const headers = { ...this.#headers, ...init.headers, ...(cookie && { cookie }) };
    const response = await fetch(url, {
      ...init,
      headers: headers as Record<string, string>,
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) this.#keep(url, line);
    return response;
  }

  /**
   * Follows redirects until `isThere` accepts the next address, ten at most.
   *
   * @returns that address, unvisited
   */
  async follow(address: string, isThere: (address: string) => boolean): Promise<string> {
    let next = address;
    for (let steps = 0; steps < 10; steps += 1) {
      if (isThere(next)) return next;
      const response = await this.visit(next);
      const location = response.headers.get('location');
      if (location === null) {
        throw new Error(`No redirect from ${next}: ${response.status} ${await response.text()}`);
      }
      next = new URL(location, next).href;
    }
    throw new Error(`Too many redirects: ${this.visited.join('\n')}`);
  }

  /** A copy of the stored cookies. */
  get cookies(): readonly Cookie[] {
    return [...this.#cookies];
  }

  /** Stores a cookie that no response set, as another host of the same domain can. */
  toss(cookie: Cookie): void {
    this.#cookies.push(cookie);
  }

  #keep(url: URL, line: string): void {
    if (!this.#keepsCookies) return;
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const path = attributes.find((each) => /^path=/i.test(each))?.slice(5) ?? '/';
    const expires = attributes.find((each) => /^expires=/i.test(each))?.slice(8);
    const earlier = this.#cookies.findIndex(
      (each) => each.host === url.host && each.path === path && each.name === name,
    );
    if (earlier >= 0) this.#cookies.splice(earlier, 1);
    if (expires !== undefined && Date.parse(expires) <= Date.now()) return;
    this.#cookies.push({ host: url.host, path, name, value });
  }
}
