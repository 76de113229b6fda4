import { counted } from '../../core/counted.ts';
import type { ChangeSummary, Session } from '../../core/session/state.ts';
import { statusOf } from '../../core/session/status.ts';

/** `summary.md` of a finished stretch of work: what was asked, what came of it, and what it cost. Plain text from agents is quoted, never markup. */
export function summaryOf(session: Session): string {
  const { result, usage, worktree } = session;
  const changes = result?.changes;
  const lines = [
    `# ${inline(session.task.title)}`,
    '',
    `- task: \`${session.task.id}\` (${session.task.uuid})`,
    `- session: \`${session.id}\``,
    `- outcome: **${statusOf(session)}**`,
    `- agent: ${inline(session.agent)}${session.model === undefined ? '' : ` (${inline(session.model)})`}, executor ${session.executor}, mode ${session.mode}`,
    `- branch: \`${worktree?.branch ?? 'none'}\` from \`${worktree?.base ?? 'none'}\` (${worktree?.baseCommit.slice(0, 12) ?? ''})`,
    `- turns: ${session.turns}; tokens in ${usage.inputTokens}, out ${usage.outputTokens}`,
  ];
  if (changes !== undefined) lines.push(...changeLines(changes));
  lines.push('', '## Asked', '', quoted(session.goal));
  if (result?.text !== undefined) lines.push('', '## Answered', '', quoted(result.text));
  if (result?.error !== undefined)
    lines.push('', '## Trouble', '', quoted(`${result.error.message} ${result.error.next}`));
  return `${lines.join('\n')}\n`;
}

function changeLines({ files, insertions, deletions, commit, remarks = [] }: ChangeSummary): string[] {
  const where = commit === undefined ? '' : `, commit \`${commit.slice(0, 12)}\``;
  return [
    `- change: ${counted(files, 'file')}, +${insertions} −${deletions}${where}`,
    ...remarks.map((remark) => `- but: ${inline(remark)}`),
  ];
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

function inline(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|!]/g, '\\$&').replace(/\s+/g, ' ');
}
