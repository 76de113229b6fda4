/** What is done to work of others, or to a person's own decisions, without git: by the command lines of hosting sites and of Coppice itself. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { has, lineOf, parsed, valuesOf, type Invocation } from '../invocation.ts';
import type { Place } from '../place.ts';
import { finding, type Rule } from './rule.ts';

/** Changes on a hosting site, and decisions that are a person's. */
export const forge: Rule = (invocation, place) => {
  if (invocation.name === 'gh' || invocation.name === 'glab') return ofSite(invocation, place);
  return invocation.name === 'coppice' ? ofPerson(invocation) : [];
};

const gone: readonly (readonly [string, string])[] = [
  ['repo', 'delete'],
  ['repo', 'archive'],
  ['release', 'delete'],
  ['secret', 'set'],
  ['secret', 'delete'],
  ['ruleset', 'delete'],
];

function ofSite(invocation: Invocation, { protectedBranches }: Place): readonly Finding[] {
  const options = parsed(invocation.args, [
    '-X',
    '--method',
    '-f',
    '-F',
    '-H',
    '--field',
    '--raw-field',
    '--input',
    '-R',
    '--repo',
  ]);
  const [noun = '', verb = ''] = options.operands;
  const line = lineOf(invocation);
  if ((noun === 'pr' || noun === 'mr') && verb === 'merge')
    return [finding('default-branch', 'critical', 'It merges into a branch of others, with', line)];
  if (gone.some(([a, b]) => a === noun && b === verb))
    return [finding('force-push', 'critical', 'It changes what others see, with', line)];
  if (noun !== 'api') return [];
  const [method = has(options, '-f', '-F', '--field', '--raw-field', '--input') ? 'POST' : 'GET'] = valuesOf(
    options,
    '-X',
    '--method',
  );
  if (/^(?:GET|HEAD)$/iu.test(method) || verb === 'graphql') return [];
  const protects = protectedBranches.some(
    (each) => verb.endsWith(`/heads/${each}`) || verb.includes(`/branches/${each}`),
  );
  return [
    protects
      ? finding('default-branch', 'critical', 'It writes to the default branch, with', line)
      : finding('force-push', 'critical', 'It changes what others see, with', line),
  ];
}

/** Verbs of Coppice that are a person's: an agent may ask, look and call for help, and neither let itself through nor take anything back. */
const decides =
  /^(?:accept|answer|autonomy|breakpoints|cancel|clean|cleanup|config|continue|interrupt|land|nuke|remove|restore|rollback|stop|trust|undo|verify|withdraw)$/u;

function ofPerson(invocation: Invocation): readonly Finding[] {
  const words = parsed(invocation.args).operands.slice(0, 2);
  if (words[0] === 'help-agent' || !words.some((each) => decides.test(each))) return [];
  return [finding('escape', 'critical', "It decides in a person's place, with", lineOf(invocation))];
}
