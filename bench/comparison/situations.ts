export type Situations = Record<string, never>;
export async function playSituations(_: unknown): Promise<Situations> { return {}; }
