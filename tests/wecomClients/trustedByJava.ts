import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { missingProgram } from '../relyingParties/processes.ts';

const PASSWORD = 'changeit';

/**
 * Puts the emulator's certificate authority into a key store of Java, once, if Java is installed.
 *
 * @param authority the folder of the authority
 * @returns `JAVA_TOOL_OPTIONS` for a program that trusts it
 */
export function trustedByJava(authority: string): string {
  const keyStore = join(authority, 'wecom-emulator.jks');
  if (!missingProgram('keytool') && !existsSync(keyStore)) {
    const certificate = ['-alias', 'wecom-emulator', '-file', join(authority, 'ca.pem')];
    const into = ['-keystore', keyStore, '-storepass', PASSWORD];
    execFileSync('keytool', ['-importcert', '-noprompt', ...certificate, ...into]);
  }
  return `-Djavax.net.ssl.trustStore=${keyStore} -Djavax.net.ssl.trustStorePassword=${PASSWORD}`;
}
