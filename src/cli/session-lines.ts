import type { ResourcesView, SessionDetail, SessionView } from '../protocol/schemas.ts';
import type { Colour, Paint } from './paint.ts';
import { oneLine } from '../core/printable.ts';
import { Text, text, type Piece } from './text.ts';
import { nextText } from './ways.ts';

type Status = SessionView['status'];

/** A session for a program: the fields of `session list --json`, an outside contract. */
export function sessionRow(session: SessionView): Record<string, unknown> {
  const { id, task, title, prompt, mode, agent, executor, status, repository, worktree, branch, usage, startedAt } =
    session;
  return {
    id,
    task,
    title,
    prompt,
    mode,
    agent,
    executor,
    status,
    repository,
    worktree,
    branch,
    ...(session.labels === undefined ? {} : { labels: session.labels }),
    ...(session.position === undefined ? {} : { position: session.position }),
    startedAt,
    ...(session.endedAt === undefined ? {} : { endedAt: session.endedAt }),
    usage,
  };
}

/**
 * Green for work that came to a good end, red for failure and doubt, yellow for what a person may have to act on, cyan
 * for work under way, dim for the rest.
 */
export function statusColour(status: Status, paint: Paint): Colour {
  switch (status) {
    case 'reported':
    case 'verified':
    case 'accepted':
    case 'landed':
      return paint.green;
    case 'failed':
    case 'unknown':
      return paint.red;
    case 'needs-you':
    case 'interrupted':
    case 'paused':
      return paint.yellow;
    case 'preparing':
    case 'running':
      return paint.cyan;
    case 'queued':
    case 'cancelled':
      return paint.dim;
  }
}

/** `running`, or `queued (2)` with the place in the line. */
export function statusText(session: SessionView, paint: Paint): Text {
  const place = session.position === undefined ? '' : ` (${session.position})`;
  return statusColour(session.status, paint)(`${session.status}${place}`);
}

/** `3 files, +10 -2, branch feature/x`. */
export function changesText(detail: SessionDetail): string {
  const { changes, branch } = detail;
  const on = branch === null ? '' : `branch ${branch}`;
  if (changes === undefined) return on;
  const files = `${changes.files} ${changes.files === 1 ? 'file' : 'files'}`;
  const size = changes.files === 0 ? 'no changes' : `${files}, +${changes.insertions} -${changes.deletions}`;
  return on === '' ? size : `${size}, ${on}`;
}

/** `9fceb02d0ae5 to origin/feature/x`, or why that failed; empty when nothing was pushed. */
export function pushText({ pushed, branch }: SessionDetail): string {
  if (pushed === undefined) return '';
  const { remote, commit, error } = pushed;
  const what = `${commit.slice(0, 12)} to ${remote}/${branch ?? ''}`;
  return error === undefined ? what : `${what} failed: ${oneLine(error.message, 400)}`;
}

/**
 * `12.3k tokens in, 800 out, $0.04`; empty when nothing was used. Tokens that came from or went to the cache count as
 * input.
 */
export function usageText(usage: SessionView['usage']): string {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  if (input === 0 && usage.outputTokens === 0) return '';
  const cost = usage.costUsd === undefined ? '' : `, $${usage.costUsd.toFixed(2)}`;
  return `${compact(input)} tokens in, ${compact(usage.outputTokens)} out${cost}`;
}

/** `48.6k of 200k tokens`; nothing where the agent did not tell. */
function contextText({ context }: SessionDetail): string {
  if (context === undefined) return '';
  const { tokens, window } = context;
  return `${window === undefined ? compact(tokens) : `${compact(tokens)} of ${compact(window)}`} tokens`;
}

function compact(count: number): string {
  if (count < 1000) return String(count);
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** For how long a session has been at work by the time `now`, milliseconds: not while it waits for a person or lies between two prompts. */
export function workedMs({ workedMs: ms = 0, workingSince }: SessionView, now: number): number {
  return ms + (workingSince === undefined ? 0 : Math.max(0, now - Date.parse(workingSince)));
}

/** `212 MB of memory in 4 processes, 35 MB on the disk, listens on 3000, 3001`. */
export function usesText({ memoryBytes, processes, ports = [], diskBytes, diskIsMore }: ResourcesView = {}): string {
  const among = processes === undefined ? '' : ` in ${processes} ${processes === 1 ? 'process' : 'processes'}`;
  const parts = [
    ...(memoryBytes === undefined ? [] : [`${sizeText(memoryBytes)} of memory${among}`]),
    ...(diskBytes === undefined
      ? []
      : [`${diskIsMore === true ? 'more than ' : ''}${sizeText(diskBytes)} on the disk`]),
    ...(ports.length === 0 ? [] : [`listens on ${ports.join(', ')}`]),
  ];
  return parts.join(', ');
}

/** `212 MB` or `4.7 GB`, as disks and memory are sold: powers of 1000. */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1000)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** What to do about a session that has an error; where its agent failed, with the commands that do it. */
export function nextLines({ id, error }: Pick<SessionDetail, 'id' | 'error'>): Text[] {
  if (error === undefined) return [];
  const here = `coppice session logs ${id}\n  coppice session continue ${id}`;
  return [text`  ${nextText(error)}`, ...(error.code === 'agent-unusable' ? [text`  ${here}`] : [])];
}

/** Everything there is to know about a session, for a person. */
export function detailLines(detail: SessionDetail, paint: Paint, now: number, uses?: ResourcesView): Text[] {
  const { activity, error } = detail;
  const facts = [
    ...workFacts(detail, paint),
    ...placeFacts(detail),
    ['uses', usesText(uses)] as const,
    ...courseFacts(detail, now),
  ];
  const shown = facts.filter(([, value]) => value !== '');
  return [
    paint.bold(text`Session ${detail.id}`),
    ...shown.map(([name, value]) => text`${paint.dim(`${name}:`.padEnd(12))}${value}`),
    ...section('prompt', detail.prompt, paint),
    ...section('last words', detail.text ?? '', paint),
    ...(activity?.notices ?? []).map(({ text: notice }) => paint.yellow(text`! ${oneLine(notice, 400)}`)),
    ...(error === undefined ? [] : [paint.red(error.message), ...nextLines(detail)]),
  ];
}

type Fact = readonly [name: string, value: Piece];

function workFacts(detail: SessionDetail, paint: Paint): Fact[] {
  const agent = [detail.agent, detail.agentVersion, detail.model].filter((each) => each !== undefined);
  return [
    ['task', detail.task],
    ['title', oneLine(detail.title, 250)],
    ['status', statusText(detail, paint)],
    ['waits', detail.waiting ?? ''],
    ['in doubt', detail.doubt ?? ''],
    ['restarts', detail.restarts === undefined ? '' : `${detail.restarts} in a row`],
    [
      'retries',
      detail.retries === undefined ? '' : `${detail.retries} of the model's service, no attempts of the task`,
    ],
    ['mode', `${detail.mode}, priority ${detail.priority}`],
    ['labels', (detail.labels ?? []).join(', ')],
    ['agent', agent.join(' ')],
    ['executor', detail.executor],
    ['parent', detail.parent ?? ''],
    ['stage', detail.stage ?? ''],
  ];
}

function placeFacts({ base, branch, repository, worktree }: SessionDetail): Fact[] {
  const from = base === null ? '' : ` (from ${base})`;
  return [
    ['repository', repository],
    ['worktree', worktree ?? ''],
    ['branch', branch === null ? '' : `${branch}${from}`],
  ];
}

function courseFacts(detail: SessionDetail, now: number): Fact[] {
  return [
    ['created', detail.createdAt],
    ['started', detail.startedAt ?? ''],
    ['ended', detail.endedAt ?? ''],
    ['worked', detail.startedAt === null ? '' : durationText(workedMs(detail, now))],
    ['turns', detail.turns],
    ['usage', usageText(detail.usage)],
    ['context', contextText(detail)],
    ['changes', detail.changes === undefined ? '' : changesText(detail)],
    ...(detail.changes?.remarks ?? []).map((remark): Fact => ['but', remark]),
    ['push', pushText(detail)],
    ['files', watchText(detail)],
    ['last turn', lastTurnText(detail)],
    ['tools', toolsText(detail)],
    ['incomplete', detail.activity?.incomplete ?? ''],
    ['output', detail.stream],
  ];
}

/** `3 created, 1 deleted`, and how they are watched if that is out of the ordinary. */
function watchText({ watch }: SessionDetail): string {
  if (watch === undefined) return '';
  const counted = Object.entries(watch.counts).flatMap(([kind, count]) => (count === 0 ? [] : [`${count} ${kind}`]));
  const polling = watch.mode === 'polling' ? [`looked at from time to time: ${watch.why ?? ''}`] : [];
  const missed = watch.gaps === 0 ? [] : [`some may have been missed: ${watch.lastGap?.why ?? ''}`];
  return [counted.join(', '), ...polling, ...missed].filter((part) => part !== '').join('; ');
}

function section(title: string, content: string, { dim }: Paint): Text[] {
  return content.trim() === '' ? [] : [dim(`${title}:`), Text.of(content.trim()).indent(2)];
}

function lastTurnText({ lastTurn }: SessionDetail): string {
  if (lastTurn === undefined) return '';
  const denials = lastTurn.denials === 0 ? '' : `, ${lastTurn.denials} refused`;
  return `${lastTurn.outcome} (${lastTurn.reason})${denials}`;
}

function toolsText({ activity }: SessionDetail): string {
  return Object.entries(activity?.tools ?? {})
    .map(([name, count]) => oneLine(`${name} ${count}`, 60))
    .join(', ');
}
