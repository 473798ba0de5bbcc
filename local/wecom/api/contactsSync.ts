import type { App } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { World } from './endpoint.ts';

/** 48009: from an address that is new since 2022-08-15 the contacts-sync secret reads no details (document 90196). */
export function refuseContactsSync(world: World, app: App): void {
  if (app.kind === 'contacts-sync' && world.behaviour.contactsSyncNewAddress) {
    throw new Refusal(48009);
  }
}
