/** The settings of the experiment's processes, in an environment variable. */
export interface Settings {
  readonly corpId: string;
  readonly agentId: string;
  readonly wecomUrl: string;
  readonly table: string;
  readonly secretParameter: string;
  /** For the plain cache, which does not use SSM. */
  readonly secret: string;
}

export function settings(): Settings {
  return JSON.parse(process.env['TOKEN_EXPERIMENT'] ?? '{}');
}
