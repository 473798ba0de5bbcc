type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Drops what is undefined: JSON has no such thing, only the types of optional fields do. */
export function defined<T extends object>(value: T): Defined<T> {
  const kept = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(kept) as Defined<T>;
}
