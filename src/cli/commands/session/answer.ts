import { Option, type Command } from 'commander';
import type { BreakpointView } from '../../../protocol/schemas.ts';
import { answersFrom } from '../../answer-options.ts';
import { askPerson, jsonObject, type Given } from '../../ask-person.ts';
import { breakpointLines } from '../../breakpoint-lines.ts';
import type { Context, Perform } from '../../context.ts';
import { exits } from '../../exit-codes.ts';
import { answerOnce } from '../../insist.ts';
import { badUsage } from '../../usage-error.ts';
import { collect } from '../../work-options.ts';
import { CoppiceError } from '../../../core/errors.ts';
import { oneLine } from '../../../core/printable.ts';
import { sessionArgument } from '../../session-argument.ts';

interface AnswerOptions {
  readonly allow?: true;
  readonly deny?: true | string;
  readonly answer?: readonly string[];
  readonly input?: string;
  readonly abort?: true;
  readonly handOver?: true;
  readonly putBack?: true;
  readonly remember?: 'session' | 'always';
  readonly pattern?: string;
  readonly breakpoint?: string;
}

/**
 * Adds `session answer`. `wrong-state` when nothing waits for the answer, `bad-usage` when none is given and nobody is
 * at a terminal.
 */
export function addSessionAnswer(group: Command, perform: Perform): void {
  group
    .command('answer')
    .argument('<session>', sessionArgument)
    .summary('answer what a session waits for')
    .description(
      'Answers what a session waits for, exactly once. Without a choice you are shown the evidence and asked, on a terminal. A ' +
        'missing secret is taken from this environment with --allow; --deny goes on without it.',
    )
    .addOption(new Option('--allow', 'let the agent do it').conflicts(['deny', 'answer', 'abort']))
    .addOption(
      new Option('--deny [reason]', 'refuse; the agent is told the reason').conflicts([
        'allow',
        'answer',
        'input',
        'abort',
      ]),
    )
    .addOption(
      new Option('--answer <question=choice>', 'answer a question; repeat for more')
        .argParser(collect)
        .conflicts(['allow', 'input', 'abort']),
    )
    .addOption(
      new Option('--input <json>', 'allow it with this input in place of its own').conflicts([
        'deny',
        'answer',
        'abort',
      ]),
    )
    .addOption(new Option('--abort', 'cancel the session').conflicts(['allow', 'deny', 'answer', 'input']))
    .addOption(
      new Option('--hand-over', 'a decision: end the work as it stands, to go on yourself').conflicts([
        'allow',
        'deny',
        'answer',
        'input',
        'abort',
      ]),
    )
    .addOption(
      new Option('--put-back', 'files are gone: bring them back, and go on from there').conflicts([
        'allow',
        'deny',
        'answer',
        'input',
        'abort',
        'handOver',
      ]),
    )
    .addOption(
      new Option('--remember <scope>', 'with --allow: do not ask for the like of it again')
        .choices(['session', 'always'])
        .conflicts(['deny', 'answer', 'abort', 'handOver']),
    )
    .option('--pattern <text>', 'with --remember: what is like it, e.g. "npm test*"; default: exactly this')
    .option('--breakpoint <id>', 'which one, when it waits for several; default: the oldest')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  coppice session answer 1f2e3d4c --allow\n' +
        '  coppice session answer 1f2e3d4c --deny "Use the test database"\n' +
        '  coppice session answer 1f2e3d4c --answer "1=Yes" --answer "Which colour?=blue"\n' +
        `  coppice session answer 1f2e3d4c --input '{"command":"npm test"}'`,
    )
    .action((key: string, options: AnswerOptions) => perform((context) => answer(context, key, options)));
}

async function answer(context: Context, key: string, options: AnswerOptions): ReturnType<Parameters<Perform>[0]> {
  const { engine, out } = context;
  const { id, needs } = await engine.request('session/show', { session: key });
  const open = options.breakpoint === undefined ? needs[0] : needs.find((each) => each.id === options.breakpoint);
  if (open === undefined) {
    throw new CoppiceError(
      'wrong-state',
      `Session ${id} waits for no such answer.`,
      `See \`coppice session show ${id}\` for what it waits for.`,
    );
  }
  const given = givenBy(context, options, open) ?? (await ask(context, id, open));
  if (given === undefined) {
    out.note('Nothing was answered.');
    return exits.done;
  }
  await answerOnce(context, { session: id, breakpoint: open.id, ...given });
  out.result({ session: id, breakpoint: open.id, choice: given.answer.choice }, () => [
    `Answered${given.answer.choice === 'answer' ? '' : `: ${given.answer.choice}`}. Follow it with: coppice session attach ${id}`,
  ]);
  return exits.done;
}

/** The answer that the options give, or undefined when they give none. */
function givenBy(context: Context, options: AnswerOptions, open: BreakpointView): Given | undefined {
  const { allow, deny, answer: answers, input, abort, handOver, putBack } = options;
  if (putBack === true) return { answer: { choice: 'put-back' } };
  if (handOver === true) return { answer: { choice: 'hand-over' } };
  if (abort === true) return { answer: { choice: 'abort' } };
  if (deny !== undefined) return { answer: { choice: 'deny', ...(deny === true ? {} : { reason: deny }) } };
  if (answers !== undefined)
    return { answer: { choice: 'answer', answers: answersFrom(open.questions ?? [], answers) } };
  if (input !== undefined) {
    const edited = jsonObject(input);
    if (edited === undefined)
      throw badUsage('--input is no JSON object.', `Write it like --input '{"command":"npm test"}'.`);
    return { answer: { choice: 'allow', input: edited } };
  }
  if (allow !== true) return undefined;
  if (open.kind === 'question') {
    throw badUsage(
      `"${oneLine(open.title, 80)}" is a question: allowing it says nothing.`,
      'Choose with --answer "<question or its number>=<choice>", or refuse with --deny.',
    );
  }
  return {
    answer: { choice: 'allow', ...rememberedBy(options) },
    ...(open.kind === 'credential' ? { requester: secretsFor(context, open) } : {}),
  };
}

function rememberedBy({ remember, pattern }: AnswerOptions): Pick<Given['answer'], 'remember'> {
  if (remember === undefined) {
    if (pattern === undefined) return {};
    throw badUsage('--pattern says what is remembered.', 'Add --remember session or --remember always.');
  }
  return { remember: { scope: remember, ...(pattern === undefined ? {} : { pattern }) } };
}

function secretsFor({ shell }: Context, { secrets = [] }: BreakpointView): NonNullable<Given['requester']> {
  const found = secrets.flatMap((name) => (shell.env[name] === undefined ? [] : [[name, shell.env[name]] as const]));
  const missing = secrets.filter((name) => shell.env[name] === undefined);
  if (missing.length > 0) {
    throw badUsage(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set in this environment.`,
      'Set what is missing and answer again, or go on without it with --deny.',
    );
  }
  return { env: {}, secrets: Object.fromEntries(found) };
}

async function ask(context: Context, session: string, open: BreakpointView): Promise<Given | undefined> {
  const { out, person } = context;
  if (person === undefined) {
    throw badUsage(
      `It is not said what to answer to "${open.title}".`,
      `Add --allow, --deny, --answer, --put-back, --hand-over or --abort; \`coppice session show ${session}\` has the evidence.`,
    );
  }
  for (const line of breakpointLines(open, out.paint)) out.line(line);
  return askPerson(context, open, new AbortController().signal);
}
