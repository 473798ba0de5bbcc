declare module 'jsonwebtoken' {
  import type { KeyObject } from 'node:crypto';

  interface Options {
    algorithms: string[];
    issuer: string;
    audience: string;
  }

  const jsonwebtoken: {
    decode(token: string, options: { complete: true }): { header: { kid?: string } } | null;
    verify(token: string, key: KeyObject, options: Options): Record<string, unknown>;
  };
  export default jsonwebtoken;
}
