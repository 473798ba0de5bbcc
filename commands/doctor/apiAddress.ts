import type { Bilingual } from '../../lib/bilingual.ts';

/** The value may have a password, so it is not repeated. */
export const API_ADDRESS_PROBLEM: Bilingual = {
  en: '--api must be the address of the API with its scheme and without a path, such as https://signin.mycompany.cn',
  zh: '--api 必须是 API 的地址，包含协议、不含路径，例如 https://signin.mycompany.cn',
};

/** @returns the origin that `--api` names, without a slash at its end; nothing if it names none */
export function readApiAddress(address: string): string | undefined {
  // The parser tolerates white space, missing slashes and more.
  if (!/^https?:\/\/[^\s/@?#]+\/?$/i.test(address)) return undefined;
  const { origin, pathname } = URL.parse(address) ?? {};
  return pathname === '/' ? origin : undefined;
}
