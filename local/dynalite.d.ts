/** The part of dynalite 4 that the local stack uses; the package carries no types of its own. */
declare module 'dynalite' {
  interface DynaliteOptions {
    /** LevelDB directory; omitted, the data lives in memory. */
    path?: string;
    /** How long tables stay in CREATING, DELETING and UPDATING, in ms (each 500 by default). */
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }
  /** A server that does not listen yet. Its `close` also closes the data, but only once it has listened. */
  export default function dynalite(options?: DynaliteOptions): import('node:http').Server;
}
