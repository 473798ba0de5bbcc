import { WECOM_HOSTS } from '../https/authority.ts';
import type { Wecom } from '../wecom.ts';
import { say, type Text } from './language.ts';
import { terminal } from './terminal.ts';

/** Prints how a client finds the emulator under WeCom's names, and how each language trusts its authority. */
export function adviseHttps({ port, caFile }: NonNullable<Wecom['https']>): void {
  const jks = 'wecom-emulator.jks';
  terminal.text();
  terminal.heading(say(HOSTS));
  terminal.command(`127.0.0.1 ${WECOM_HOSTS.join(' ')}`);
  if (port !== 443) terminal.text(`  ${say(otherPort(port))}`);
  terminal.text();
  terminal.heading(`${say(TRUST)} ${caFile}`);
  for (const [language, setting] of [
    ['Node.js', `NODE_EXTRA_CA_CERTS=${caFile}`],
    ['Go', `SSL_CERT_FILE=${caFile}  ${say(GO)}`],
    ['Python', `REQUESTS_CA_BUNDLE=${caFile} SSL_CERT_FILE=${caFile}`],
    ['PHP, curl', `CURL_CA_BUNDLE=${caFile}  ${say(PHP)}`],
    [
      'Java',
      `keytool -importcert -noprompt -alias wecom-emulator -file ${caFile} -keystore ${jks} -storepass changeit`,
    ],
    ['', `java -Djavax.net.ssl.trustStore=${jks} -Djavax.net.ssl.trustStorePassword=changeit`],
  ] as const) {
    terminal.line(language, setting);
  }
  terminal.text(`  ${say(BROWSERS)}`);
}

const HOSTS: Text = {
  en: 'Lines for /etc/hosts (remove them to reach the real WeCom again)',
  zh: '写入 /etc/hosts 的内容（删除后恢复访问真实的企业微信）',
};
const otherPort = (port: number): Text => ({
  en: `Clients call port 443, and this is port ${port}: forward 443 to it, or use --https-port 443.`,
  zh: `客户端访问 443 端口，而当前是 ${port}：请将 443 转发到该端口，或使用 --https-port 443。`,
});
const TRUST: Text = {
  en: 'How a client trusts',
  zh: '让客户端信任',
};
const GO: Text = {
  en: '(on Linux; on macOS and Windows add it to the system)',
  zh: '（Linux；macOS 和 Windows 需添加到系统证书）',
};
const PHP: Text = {
  en: '(curl; PHP: curl.cainfo and openssl.cafile in php.ini)',
  zh: '（curl；PHP 需设置 php.ini 的 curl.cainfo 和 openssl.cafile）',
};
const BROWSERS: Text = {
  en: 'A browser uses the certificates of the system or its own settings. The authority is good for these hosts and this machine only.',
  zh: '浏览器使用系统证书或自己的证书设置。该 CA 只能签发上述域名和本机的证书。',
};
