import { beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../harness/stack.ts';

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack();
  url = (await stack.newInstance()).url;
});

/** The files that the page loads. */
const filesOf = (page: string) =>
  [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => new URL(path ?? '', `${url}/`));

describe("the administrators' page", () => {
  it('allows its own origin only, nothing inline, no frame and no HTML from strings', async () => {
    const { headers } = await fetch(`${url}/admin`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split('; ').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      "trusted-types 'none'",
    ]);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is asked for each time, and what it loads is kept for a year under a name of its content', async () => {
    const page = await fetch(`${url}/admin`);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const files = filesOf(await page.text());
    expect(files).toHaveLength(3);
    for (const file of files) {
      expect(file.pathname).toMatch(/^\/admin\/(main|page|icon)-[0-9a-f]{16}\.(js|css|svg)$/);
      const { status, headers } = await fetch(file);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('content-type')).toMatch(/^(text\/(javascript|css)|image\/svg\+xml);/);
    }
  });

  it('weighs 95 kB at most: API Gateway does not compress', async () => {
    const page = await (await fetch(`${url}/admin`)).text();
    const files = await Promise.all(filesOf(page).map((file) => fetch(file)));
    const bytes = await Promise.all(
      files.map(async (file) => (await file.arrayBuffer()).byteLength),
    );
    const sum = bytes.reduce((total, each) => total + each, page.length);
    expect(sum).toBeLessThanOrEqual(95_000);
  });

  it('names the stage, for the command that it shows', async () => {
    expect(await (await fetch(`${url}/admin`)).text()).toContain('name="stage" content="local"');
  });

  it.each(['main.js', 'constructor', '__proto__', '%2e%2e', 'main-0000000000000000.js'])(
    'has no file %s',
    async (file) => {
      expect((await fetch(`${url}/admin/${file}`)).status).toBe(404);
    },
  );
});
