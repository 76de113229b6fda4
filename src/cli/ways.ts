/** The commands by which a person at a shell does what an error names as the next step. */
import type { Way } from '../core/errors.ts';

type Facts = Readonly<Record<string, string>>;

const of = (command: string, ...facts: readonly (string | undefined)[]): string =>
  `\`${['coppice', command, ...facts.filter((fact) => fact !== undefined)].join(' ')}\``;

const commands: { readonly [W in Way]: (facts: Facts) => string } = {
  accept: ({ session }) => of('accept', session),
  'accept-unverified': ({ session }) => `${of('verify', session)}, or ${of('accept', session, '--unverified')}`,
  'add-breakpoint': () => of('breakpoints --help'),
  answer: ({ session }) => of('session answer', session),
  cancel: ({ session }) => of('session cancel', session),
  continue: ({ session }) => of('session continue', session),
  'export-diagnostics': () => of('diagnostics'),
  'find-gates': () => of('gates'),
  'land-all': ({ session }) => of('land', session, '--commit'),
  'land-private': ({ session }) => of('land', session, '--private FILE'),
  restore: ({ session }) => of('session restore', session),
  revert: ({ session }) => of('land', session, '--revert'),
  'roll-back': ({ session, checkpoint }) => of('rollback', session, checkpoint),
  'roll-back-or-land': ({ session, checkpoint }) => {
    const back = checkpoint === undefined ? of('checkpoints', session) : of('rollback', session, checkpoint);
    return `${back}, or ${of('land', session, '--deletions')}`;
  },
  'run-doctor': () => of('doctor'),
  'see-breakpoints': () => of('breakpoints'),
  'see-checkpoints': ({ session }) => of('checkpoints', session),
  'see-engine': () => of('engine status'),
  'see-landings': () => of('land --queue'),
  'see-session': ({ session }) => of('session show', session),
  'see-sessions': () => of('session list --all'),
  'see-verdicts': ({ session }) => of('verdicts', session),
  'start-engine': () => of('engine start'),
  'stop-engine': () => of('engine stop'),
  trust: () => of('trust'),
  'trust-host': () => of('trust --host'),
  'undo-or-land': ({ session }) => `${of('undo', session)}, or ${of('land', session, '--deletions')}`,
  verify: ({ session }) => of('verify', session),
  'verify-journal': () => of('audit verify'),
};

/** What a person does next, with the command that does it. A later engine may know ways that this front end does not. */
export function nextText({
  next,
  context = {},
}: {
  readonly next: string;
  readonly context?: Facts | undefined;
}): string {
  const way = context['way'] ?? '';
  if (!isWay(way)) return next;
  return `${next.replace(/\.$/u, '')}: ${commands[way](context)}.`;
}

function isWay(way: string): way is Way {
  return Object.hasOwn(commands, way);
}
