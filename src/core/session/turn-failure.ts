import type { ErrorRecord } from '../errors.ts';
import type { TurnEnd } from './state.ts';

/** What an agent takes to be signed in. */
export interface SignIn {
  /** Of the agent, for people. */
  readonly title: string;
  /** The command that signs its user in; undefined where only a key does. */
  readonly command: string | undefined;
  /** Names of the variables that hold keys. */
  readonly keys: readonly string[];
}

/** What agents say whose service does not know who asks. */
const unknownUser =
  /authentication[ _]failed|authentication(fails|_error)|invalid (api|x-api)[ -]key|(incorrect|missing|no|set (an?|your)) api key|\b401\b|unauthori[sz]ed|no authentication|not (logged|signed) in|please (log|sign) in|\/login\b|set an auth method/iu;

/** The beginning of what it said last tells. */
const looked = 4096;

/** Why the work failed whose last turn ended so; undefined: it had none. */
export function turnFailure(turn: TurnEnd | undefined, signIn: SignIn): ErrorRecord {
  const isUnknown = turn !== undefined && unknownUser.test(`${turn.reason}\n${(turn.text ?? '').slice(0, looked)}`);
  return {
    code: 'agent-unusable',
    message: turn === undefined ? 'The agent never began its turn.' : endText(turn).replace(/\.\.$/u, '.'),
    next: isUnknown
      ? `${signInText(signIn)}, then give it another prompt.`
      : 'Read what it said, then give it another prompt.',
  };
}

/** What is known of turns that the end of their agent cut off, by the word for it. */
const deaths: ReadonlyMap<string, string> = new Map([
  [
    'gone',
    'The agent went away in the middle of its turn, and nothing says how: its container, its processes or its host were ended from outside',
  ],
  ['SIGKILL', 'The agent was killed in the middle of its turn: by somebody, or by the system because memory ran out'],
  ['no result', 'The agent ended in the middle of its turn, without a result'],
]);

function endText({ outcome, reason, text }: TurnEnd): string {
  const last = text?.split('\n', 1)[0];
  const death = outcome === 'crashed' ? deaths.get(reason) : undefined;
  if (death !== undefined) return `${death}.${last === undefined ? '' : ` It said last: ${last}.`}`;
  return `The agent's turn ended as ${reason}${last === undefined ? '' : `: ${last}`}.`;
}

function signInText({ title, command, keys }: SignIn): string {
  const ways = [
    ...(command === undefined ? [] : [`run \`${command}\` in a terminal where it works`]),
    ...(keys.length === 0 ? [] : [`set ${keys.slice(0, 2).join(' or ')} where you start the session`]),
  ];
  return `Sign ${title} in: ${ways.length === 0 ? 'see its documentation' : ways.join(', or ')}`;
}
