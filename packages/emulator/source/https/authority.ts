import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, createAuthority, createServerCertificate } from './certificate.ts';

/** The hosts of WeCom that a client calls or sends a browser to. */
export const WECOM_HOSTS = [
  'qyapi.weixin.qq.com',
  'open.weixin.qq.com',
  'login.work.weixin.qq.com',
  'open.work.weixin.qq.com',
] as const;

const HOSTS = [...WECOM_HOSTS, 'localhost', '127.0.0.1', '::1'];

/** The file in the folder that clients have to trust. */
export const caFileOf = (folder: string) => join(folder, 'ca.pem');
const keyFileOf = (folder: string) => join(folder, 'ca-key.pem');

/**
 * A certificate for WeCom's hosts and this machine, by the authority in the folder. The authority is created
 * if the folder has none; the certificate is a new one at each start and is not kept.
 *
 * @throws Error with a sentence for the user if the authority has expired or is unreadable
 */
export function serverCertificate(folder: string, now: number): Certificate {
  return createServerCertificate(authorityIn(folder, now), HOSTS, now);
}

function authorityIn(folder: string, now: number): Certificate {
  const [file, keyFile] = [caFileOf(folder), keyFileOf(folder)];
  if (!existsSync(file)) {
    const created = createAuthority(HOSTS, now);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The key first: a start that is broken off leaves no certificate without one.
    writeFileSync(keyFile, created.key, { mode: 0o600 });
    writeFileSync(file, created.certificate);
    return created;
  }
  try {
    const kept = { certificate: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    if (Date.parse(new X509Certificate(kept.certificate).validTo) > now) return kept;
  } catch {
    // The same remedy as after ten years.
  }
  throw new Error(
    `${file} has expired, or it or ca-key.pem is unreadable. Delete both, and trust the new one.`,
  );
}
