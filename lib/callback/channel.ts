/**
 * Where a push comes from. WeCom gives each a Token and an EncodingAESKey of its own: `app` is the
 * app's 接收消息 (document 90238), `contacts` the contact book's 通讯录同步 (document 90967).
 */
export const channels = ['app', 'contacts'] as const;

export type Channel = (typeof channels)[number];

export function isChannel(text: string | undefined): text is Channel {
  return channels.some((channel) => channel === text);
}
