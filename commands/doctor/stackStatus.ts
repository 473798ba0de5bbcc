import type { Bilingual } from '../../lib/bilingual.ts';
import { stackName } from '../deployment/stackOutputs.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

const CHECK = 'stack';

interface Meaning {
  readonly outcome: 'failed' | 'warning';
  readonly what: Bilingual;
  /** Absent: read the events, and deploy again. */
  readonly remedy?: (stage: string, region: string) => Bilingual;
}

const ROLLED_BACK: Meaning = {
  outcome: 'failed',
  what: {
    en: 'the last deployment failed and was undone, so the version before it runs',
    zh: '上一次部署失败并已回滚，正在运行的是之前的版本',
  },
};

const NEVER_CREATED: Meaning = {
  outcome: 'failed',
  what: {
    en: 'its first deployment failed, so nothing runs',
    zh: '首次部署失败，没有任何资源在运行',
  },
  remedy: deleteFirst,
};

const BEING_CHANGED: Meaning = {
  outcome: 'warning',
  what: { en: 'a deployment is running', zh: '正在部署' },
  remedy: () => ({
    en: 'Wait until the deployment ends, and run the doctor again.',
    zh: '等待部署结束后再次运行 doctor。',
  }),
};

/** What each status of CloudFormation says about the stage (its API reference, Stack, StackStatus). */
const MEANINGS: Readonly<Record<string, Meaning | 'healthy'>> = {
  CREATE_COMPLETE: 'healthy',
  UPDATE_COMPLETE: 'healthy',
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: 'healthy',
  IMPORT_COMPLETE: 'healthy',
  UPDATE_IN_PROGRESS: BEING_CHANGED,
  UPDATE_ROLLBACK_IN_PROGRESS: BEING_CHANGED,
  IMPORT_IN_PROGRESS: BEING_CHANGED,
  IMPORT_ROLLBACK_IN_PROGRESS: BEING_CHANGED,
  UPDATE_ROLLBACK_COMPLETE: ROLLED_BACK,
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: ROLLED_BACK,
  IMPORT_ROLLBACK_COMPLETE: ROLLED_BACK,
  CREATE_IN_PROGRESS: {
    ...BEING_CHANGED,
    outcome: 'failed',
    what: { en: 'its first deployment is running', zh: '正在进行首次部署' },
  },
  CREATE_FAILED: NEVER_CREATED,
  ROLLBACK_COMPLETE: NEVER_CREATED,
  ROLLBACK_FAILED: NEVER_CREATED,
  ROLLBACK_IN_PROGRESS: NEVER_CREATED,
  REVIEW_IN_PROGRESS: {
    outcome: 'failed',
    what: {
      en: 'its first deployment ended before anything was created',
      zh: '首次部署在创建任何资源之前就中断了',
    },
    remedy: deleteFirst,
  },
  UPDATE_ROLLBACK_FAILED: {
    outcome: 'failed',
    what: {
      en: 'the last deployment failed, and undoing it failed too',
      zh: '上一次部署失败，回滚也失败',
    },
    remedy: (stage, region) => ({
      en: `Read the stack's events in the CloudFormation console and mend the cause. Then: aws cloudformation continue-update-rollback --stack-name ${stackName(stage)} --region ${region}, and deploy again.`,
      zh: `在 CloudFormation 控制台查看堆栈事件并消除原因。然后运行 aws cloudformation continue-update-rollback --stack-name ${stackName(stage)} --region ${region}，再重新部署。`,
    }),
  },
  DELETE_IN_PROGRESS: {
    outcome: 'failed',
    what: { en: 'it is being deleted', zh: '正在删除' },
    remedy: (stage) => ({
      en: `Wait until it is gone, then deploy: npm run deploy -- --stage ${stage}`,
      zh: `等待删除完成后部署：npm run deploy -- --stage ${stage}`,
    }),
  },
  DELETE_FAILED: {
    outcome: 'failed',
    what: { en: 'it was deleted in part', zh: '堆栈只删除了一部分' },
    remedy: deleteFirst,
  },
};

function deleteFirst(stage: string, region: string): Bilingual {
  const commands = `aws cloudformation delete-stack --stack-name ${stackName(stage)} --region ${region}; npm run deploy -- --stage ${stage}`;
  return {
    en: `Read the first failure in the stack's events in the CloudFormation console and mend it. Then delete the stack and deploy again: ${commands}`,
    zh: `在 CloudFormation 控制台的堆栈事件中找到第一个失败并处理，然后删除堆栈并重新部署：${commands}`,
  };
}

function deployAgain(stage: string): Bilingual {
  return {
    en: `Read the first failure in the stack's events in the CloudFormation console, mend it, and deploy again: npm run deploy -- --stage ${stage}`,
    zh: `在 CloudFormation 控制台的堆栈事件中找到第一个失败，处理后重新部署：npm run deploy -- --stage ${stage}`,
  };
}

/** Says what the stack's status means for the stage. */
export function stackFinding(stage: string, region: string, status: string): Finding {
  const name = stackName(stage);
  const meaning = MEANINGS[status];
  if (meaning === 'healthy')
    return ok(CHECK, { en: `${name}: ${status}`, zh: `${name}：${status}` });
  const what = {
    en: meaning ? `${name} is ${status}: ${meaning.what.en}` : `${name} is ${status}`,
    zh: meaning ? `${name} 的状态为 ${status}：${meaning.what.zh}` : `${name} 的状态为 ${status}`,
  };
  const remedy = meaning?.remedy?.(stage, region) ?? deployAgain(stage);
  return meaning?.outcome === 'warning'
    ? warning(CHECK, what, remedy)
    : failed(CHECK, what, remedy);
}
