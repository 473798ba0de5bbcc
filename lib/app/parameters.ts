import { createSsm } from '../parameters/ssm.ts';
import { clock, once } from './base.ts';

/** One SSM client for every parameter. */
export const fetchParameter = once(() => createSsm({ clock }));
