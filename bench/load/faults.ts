import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Changes } from './changes.ts';
import type { Probe } from './probes.ts';
import type { PhaseKind } from './schedule.ts';
import type { World } from './world.ts';

/** The app whose secret and tokens are changed. */
export const AGENT_ID = 1000002;
const SECRET_PARAMETER = '/wecom-auth/local/app-secret';
const DYNAMODB_SLOW_MS = 400;
const WECOM_SLOW_MS = 2_000;
const BURST = 40;

/** Switches faults on and off. */
export class FaultSwitch {
  readonly #world: World;
  readonly #changes: Changes;
  /** The process with the embedded DynamoDB. */
  readonly #services: Probe;
  readonly #ssm: SSMClient;
  #secret: string;
  #rotations = 0;
  /** Each early revocation and each secret that WeCom refuses costs calls of gettoken. */
  readonly revokedAtMs: number[] = [];

  /** @param secret of the app, as SSM has it */
  constructor(world: World, changes: Changes, services: Probe, secret: string) {
    this.#world = world;
    this.#changes = changes;
    this.#services = services;
    this.#secret = secret;
    this.#ssm = new SSMClient({
      endpoint: world.addresses.ssm,
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  }

  async begin(kind: PhaseKind): Promise<void> {
    const { emulator } = this.#world;
    switch (kind) {
      case 'dynamodb-slow':
        return this.#services.failDynamoDb({ delayMs: DYNAMODB_SLOW_MS });
      case 'dynamodb-down':
        return this.#services.failDynamoDb({ failure: 'down' });
      case 'dynamodb-throttled':
        return this.#services.failDynamoDb({ failure: 'throttled' });
      case 'wecom-slow':
        return emulator.call('POST', 'faults', { kind: 'slow', ms: WECOM_SLOW_MS });
      case 'wecom-busy':
        return emulator.call('POST', 'faults', { kind: 'errcode', errcode: -1 });
      case 'wecom-limited':
        return emulator.call('POST', 'faults', { kind: 'errcode', errcode: 45009, on: 'user/get' });
      case 'tokens-revoked':
        return this.#revoke();
      case 'secret-rotated':
        await this.#rotate();
        return this.#revoke();
      case 'secret-wrong':
        // Without a new one in WeCom, instances would go on with the right one, which they cache.
        await this.#rotate();
        await this.#putSecret('EmulatorOnly-Wrong-Secret');
        return this.#revoke();
      case 'push-burst':
        return this.#changes.burst(BURST);
      case 'calm':
      case 'pushes-lost':
        return;
    }
  }

  async end(kind: PhaseKind): Promise<void> {
    if (kind.startsWith('dynamodb-')) return this.#services.failDynamoDb({});
    if (kind.startsWith('wecom-')) return this.#world.emulator.call('DELETE', 'faults');
    if (kind.startsWith('secret-')) return this.#putSecret(this.#secret);
  }

  close(): void {
    this.#ssm.destroy();
  }

  async #revoke(): Promise<void> {
    await this.#world.emulator.call('POST', 'tokens/revoke', { agentid: AGENT_ID });
    this.revokedAtMs.push(this.#world.record.now());
  }

  async #rotate(): Promise<void> {
    this.#rotations += 1;
    this.#secret = `EmulatorOnly-MainApp-Rotated-${this.#rotations}`;
    await this.#world.emulator.call('PATCH', `apps/${AGENT_ID}`, { secret: this.#secret });
  }

  async #putSecret(Value: string): Promise<void> {
    const Name = SECRET_PARAMETER;
    await this.#ssm.send(
      new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }),
    );
  }
}
