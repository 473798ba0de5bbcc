import { Refusal } from '../wire/errcodes.ts';
import type { AppEndpoint } from './endpoint.ts';

interface ContactEndpoint extends Pick<AppEndpoint, 'path' | 'document' | 'empty' | 'answer'> {
  /**
   * 48009: from an address that is new since 2022-08-15 the contacts-sync secret reads no details
   * (document 90196).
   */
  details?: boolean;
}

/** A GET of the contacts: any token may call it, and its 40014 has no hint. */
export function contactEndpoint({ details, answer, ...own }: ContactEndpoint): AppEndpoint {
  return {
    ...own,
    method: 'GET',
    token: true,
    bareInvalidToken: true,
    answer(emulator, call, app) {
      const contactsSync = app.kind === 'contacts-sync';
      if (details && contactsSync && emulator.behaviour.contactsSyncNewAddress) {
        throw new Refusal(48009);
      }
      return answer(emulator, call, app);
    },
  };
}
