import type { CallbackTarget } from './target.ts';

/** The keys of each receiver in the fixture company. */
export type FixtureKeys = Pick<CallbackTarget, 'token' | 'encodingAESKey'>;

/**
 * Invented, like the secrets of the fixture company. The app's key is not canonical base64, as most
 * real ones are not; the contact book's is.
 */
export const FIXTURE_KEYS: Readonly<Record<'app' | 'contacts', FixtureKeys>> = {
  app: {
    token: 'EmulatedAppToken',
    encodingAESKey: 'EmulatedKeyOfTheAppItOpensNothingElse012347',
  },
  contacts: {
    token: 'EmulatedContactsToken',
    encodingAESKey: 'EmulatedKeyOfTheContactBookOpensNothing0128',
  },
};
