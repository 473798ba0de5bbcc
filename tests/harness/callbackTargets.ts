import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import type { Wecom } from '../../packages/emulator/source/wecom.ts';

/** Lets WeCom send the callbacks of both channels to this API. */
export function receiveCallbacks({ callbacks }: Pick<Wecom, 'callbacks'>, apiUrl: string): void {
  for (const channel of ['app', 'contacts'] as const) {
    const url = `${apiUrl}/api/wecom/callback/${channel}`;
    callbacks.setTarget(channel, { url, ...FIXTURE_KEYS[channel] });
  }
}
