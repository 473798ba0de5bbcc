import type { Bilingual } from '../../lib/bilingual.ts';
import { errcodeEntry } from '../../lib/wecom/errcodes.ts';
import type { WecomErrcode } from '../../lib/wecom/errors.ts';

/** The result of one check. */
export interface Finding {
  /** The check's name. Programs read it, so it stays stable. */
  readonly check: string;
  /**
   * `unknown`: it could not be checked, or is optional and not set up. `warning`: it works, but the
   * operator should know about it. Neither makes the stage unhealthy.
   */
  readonly outcome: 'ok' | 'warning' | 'failed' | 'unknown';
  readonly what: Bilingual;
  /** What to do. Every `failed` and `warning` has one. */
  readonly remedy?: Bilingual;
  readonly errcode?: number;
  /** Ends the checks: the rest would fail for the same reason, or do harm. */
  readonly stop?: true;
}

export const ok = (check: string, what: Bilingual): Finding => ({ check, outcome: 'ok', what });

export const unknown = (check: string, what: Bilingual, remedy?: Bilingual): Finding => ({
  check,
  outcome: 'unknown',
  what,
  ...(remedy && { remedy }),
});

export const warning = (check: string, what: Bilingual, remedy: Bilingual): Finding => ({
  check,
  outcome: 'warning',
  what,
  remedy,
});

export const failed = (
  check: string,
  what: Bilingual,
  remedy: Bilingual,
  more: Pick<Finding, 'errcode' | 'stop'> = {},
): Finding => ({ check, outcome: 'failed', what, remedy, ...more });

/** Warnings and unknowns leave a stage healthy. */
export const isHealthy = (findings: readonly Finding[]) =>
  findings.every(({ outcome }) => outcome !== 'failed');

/** The last line of the doctor, about all findings. */
export function conclusion(findings: readonly Finding[]): Bilingual {
  if (findings.at(-1)?.stop) {
    return {
      en: 'Fix this first: the other checks depend on it.',
      zh: '请先处理此问题：其余检查依赖于它。',
    };
  }
  if (!isHealthy(findings)) return { en: 'Not healthy.', zh: '存在问题。' };
  const warnings = findings.filter(({ outcome }) => outcome === 'warning').length;
  if (warnings === 0) return { en: 'Healthy.', zh: '一切正常。' };
  return {
    en: `Healthy, with ${warnings} ${warnings === 1 ? 'warning' : 'warnings'} above.`,
    zh: `可以正常工作，但有上述 ${warnings} 个警告。`,
  };
}

/** An errcode that WeCom returned, in the words of the catalogue. */
export function refused(
  check: string,
  error: Pick<WecomErrcode, 'errcode' | 'errmsg'>,
  more: Pick<Finding, 'stop'> = {},
): Finding {
  const { meaning, remedy } = errcodeEntry(error.errcode);
  return failed(
    check,
    {
      en: `WeCom returns errcode ${error.errcode}: ${meaning.en} (${error.errmsg})`,
      zh: `企业微信返回错误码 ${error.errcode}：${meaning.zh}（${error.errmsg}）`,
    },
    remedy,
    { errcode: error.errcode, ...more },
  );
}

/** WeCom refuses calls from this address (60020). */
export function addressRefused(check: string, address: string, more: Pick<Finding, 'stop'> = {}) {
  return failed(
    check,
    {
      en: `WeCom refuses calls from ${address} (60020)`,
      zh: `企业微信拒绝来自 ${address} 的调用（60020）`,
    },
    {
      en: `Add ${address} in WeCom's console: 应用管理 → the app → 企业可信IP. It takes effect within about a minute. If the address changes, deploy with egress: fixed.`,
      zh: `在管理后台“应用管理 → 该应用 → 企业可信IP”中填入 ${address}，约一分钟后生效。如果出口地址会变化，请以 egress: fixed 部署。`,
    },
    { errcode: 60020, ...more },
  );
}
