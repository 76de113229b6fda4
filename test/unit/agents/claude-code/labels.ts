/** What a person says of each captured stream: how its process ended, and how each of its turns did. */
import type { AgentExit } from '../../../../src/agents/agent.ts';

export interface Label {
  readonly exit: AgentExit;
  /** `outcome: reason` of each turn. */
  readonly ends: readonly string[];
}

const done = 'success: completed';
const ok = (...ends: readonly string[]): Label => ({ exit: { code: 0 }, ends });
const bad = (...ends: readonly string[]): Label => ({ exit: { code: 1 }, ends });

/** With the arguments that Coppice uses; captured with both versions. */
const both: Readonly<Record<string, Label>> = {
  allow: ok(done),
  background: ok(done, done),
  budget: bad('limit: budget_exhausted'),
  compact: ok(done, done),
  'deny-abort': bad('interrupted: aborted_tools'),
  deny: ok(done),
  duplicate: ok(done, done),
  e400: bad('failed: prompt_too_long'),
  e401: bad('failed: authentication_failed'),
  e403: bad('failed: authentication_failed'),
  e404: bad('failed: model_not_found'),
  e429x: bad('rate-limited: rate_limit'),
  e529x: bad('rate-limited: overloaded'),
  'interrupt-asking': bad('interrupted: aborted_tools'),
  interrupt: ok('interrupted: aborted_tools', done),
  maxtok: bad('failed: max_output_tokens'),
  maxturns: bad('limit: max_turns'),
  'plan-refused': ok(done),
  plan: ok(done),
  question: ok(done),
  refusal: bad('failed: refusal'),
  steer: ok('interrupted: aborted_streaming', done),
};

export const labels: Readonly<Record<string, Label>> = {
  ...Object.fromEntries(
    ['2.1.197', '2.1.329'].flatMap((version) =>
      Object.entries(both).map(([name, label]) => [`${version}/${name}`, label]),
    ),
  ),
  // Versions differ: a message to a turn under way became a turn of its own, subagents worked in the foreground.
  '2.1.197/folded': ok(done, done),
  '2.1.329/folded': ok(done),
  '2.1.197/subagent': ok(done),
  '2.1.329/subagent': ok(done, done),
  // The scripted service answered the third request.
  '2.1.197/e500': ok(done),
  '2.1.329/e500': bad('failed: api_error'),
  '2.1.329/kill-SIGTERM': { exit: { code: 143, signal: 'SIGTERM' }, ends: ['interrupted: SIGTERM'] },
  '2.1.329/kill-SIGHUP': { exit: { code: 129, signal: 'SIGHUP' }, ends: ['interrupted: SIGHUP'] },
  '2.1.329/kill-SIGINT': ok('interrupted: aborted_tools'),
  '2.1.329/kill-SIGKILL': { exit: { code: 137, signal: 'SIGKILL' }, ends: ['crashed: SIGKILL'] },
  // One prompt as an argument, no input.
  '2.1.197/run-basic': ok(done),
  '2.1.329/run-basic': ok(done),
  '2.1.329/run-badtool': ok(done),
  '2.1.329/run-bgbash2': ok(done, done),
  '2.1.329/run-budget': bad('limit: budget_exhausted'),
  '2.1.329/run-denied': ok(done),
  '2.1.329/run-dontask': ok(done),
  '2.1.329/run-e400': bad('failed: prompt_too_long'),
  '2.1.329/run-e404': bad('failed: model_not_found'),
  '2.1.329/run-e429': ok(done),
  '2.1.329/run-e529x': bad('rate-limited: overloaded'),
  '2.1.329/run-hooks': ok(done),
  '2.1.329/run-hooks-deny': ok(done),
  '2.1.329/run-hooks-stop': ok(done),
  '2.1.329/run-json': ok(done),
  '2.1.329/run-jsonschema': ok(done),
  '2.1.329/run-maxtok': bad('failed: max_output_tokens'),
  '2.1.329/run-maxturns': bad('limit: max_turns'),
  '2.1.329/run-nokey': bad('failed: authentication_failed'),
  '2.1.329/run-outside': ok(done),
  '2.1.329/run-partial': ok(done),
  '2.1.329/run-refused': bad('failed: connection_failed'),
  '2.1.329/run-resume': ok(done),
  '2.1.329/run-resume-unknown': bad('failed: unknown conversation'),
  '2.1.329/run-task': ok(done, done),
  // Live input, but without echoes.
  '2.1.329/plain-ask-stdio': ok(done),
  '2.1.329/plain-control': ok(done),
  '2.1.329/plain-interrupt': ok('interrupted: aborted_streaming', done),
  '2.1.329/plain-interrupt-bash': bad('interrupted: aborted_tools'),
  '2.1.329/plain-perm-stdio-allow': ok(done),
  '2.1.329/plain-perm-stdio-deny': ok(done),
  '2.1.329/plain-perm-stdio-deny-int': bad('interrupted: aborted_tools'),
  '2.1.329/plain-plan-stdio': ok(done),
  '2.1.329/plain-sigint': ok('interrupted: aborted_tools'),
  '2.1.329/plain-sigkill': { exit: { signal: 'SIGKILL' }, ends: ['crashed: SIGKILL'] },
  '2.1.329/plain-sigterm': { exit: { code: 143, signal: 'SIGTERM' }, ends: ['interrupted: SIGTERM'] },
  '2.1.329/plain-stdin-two': ok(done, done),
  '2.1.329/plain-steer': ok('interrupted: aborted_tools', done),
};
