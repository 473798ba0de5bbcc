import { vi } from 'vitest';
import type { Gateway } from './gateway.ts';
import type { Stack } from './stack.ts';

/** A fresh instance with settings of its own; those that come after it have what was there before. */
export async function instanceWith(
  stack: Stack,
  settings: Readonly<Record<string, string | undefined>>,
): Promise<Gateway> {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  const instance = await stack.newInstance();
  // An instance reads its environment with its first request, and keeps it if it is right.
  await fetch(`${instance.url}/.well-known/openid-configuration`);
  for (const [name, value] of before) vi.stubEnv(name, value);
  return instance;
}
