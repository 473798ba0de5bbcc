/**
 * The `host` or `host:port` of a redirect_uri as it is written, or undefined where WeCom could not read it
 * as an address. The port is part of it even where it is the scheme's own: an explicit `:443` does not match
 * a domain registered without it (document 91335).
 */
export function redirectHost(redirectUri: string): string | undefined {
  // Read by hand, because URL would drop a default port, user names and backslashes.
  const written = /^https?:\/\/([^/?#\\@\s]+)(?:[/?#]|$)/i.exec(redirectUri)?.[1]?.toLowerCase();
  if (written === undefined || !URL.canParse(redirectUri)) return undefined;
  return written;
}

/**
 * Where the browser is sent: the parameters join the query that is there, in front of a fragment
 * (document 91022's example). An undefined value leaves its parameter out.
 */
export function redirectBack(
  redirectUri: string,
  parameters: Record<string, string | undefined>,
): string {
  const hash = redirectUri.indexOf('#');
  const [address, fragment] =
    hash < 0 ? [redirectUri, ''] : [redirectUri.slice(0, hash), redirectUri.slice(hash)];
  const added = Object.entries(parameters)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const mark = address.includes('?') ? (/[?&]$/.test(address) ? '' : '&') : '?';
  return asciiOnly(`${address}${mark}${added}${fragment}`);
}

/** A Location header holds printable ASCII only. */
function asciiOnly(address: string): string {
  return address.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
}
