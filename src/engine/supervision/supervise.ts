import type { Step } from '../../core/session/next.ts';
import type { Session } from '../../core/session/state.ts';
import type { JudgeStep } from '../../core/supervision/due.ts';
import type { MeetStep } from '../../core/supervision/holds.ts';
import type { ReserveStep } from '../../core/supervision/levels.ts';
import type { SessionContext } from '../sessions/context.ts';
import { isJudging, judgeStep } from './judge-step.ts';
import { meet } from './meet-step.ts';
import { reserveBudget } from './reserve-step.ts';
import type { Heard } from './validate-step.ts';

type SuperviseStep = JudgeStep | MeetStep | ReserveStep;

/** Whether a step is the supervisor's: judging, breakpoints that people set, budgets. */
export function isSupervising(step: Step): step is SuperviseStep {
  return step.do === 'meet' || step.do === 'reserve' || isJudging(step);
}

/** Carries out one step of the supervisor. */
export async function superviseStep(
  context: SessionContext,
  session: Session,
  step: SuperviseStep,
  heard: Heard,
): Promise<void> {
  switch (step.do) {
    case 'meet':
      return meet(context, session, step);
    case 'reserve':
      return reserveBudget(context, session, step.prompt);
    default:
      return judgeStep(context, session, step, heard);
  }
}
