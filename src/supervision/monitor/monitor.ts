/** Recognises dangerous operations from a tool's name and input, before they run. Pure: nothing is executed or looked up. */
import { ordered, type Finding } from '../../core/supervision/finding.ts';
import { programOf, type Invocation } from './invocation.ts';
import type { Place } from './place.ts';
import { credentials } from './rules/credentials.ts';
import { escape } from './rules/escape.ts';
import { forge } from './rules/forge.ts';
import { git } from './rules/git.ts';
import { network } from './rules/network.ts';
import { removal } from './rules/removal.ts';
import { finding, type Rule } from './rules/rule.ts';
import { writing } from './rules/writing.ts';
import { Scope } from './scope.ts';
import { Shell, type Obstacle, type Visitor } from './shell.ts';
import { isUnknown, nothing, shown, type Flow } from './text.ts';

const rules: readonly Rule[] = [removal, writing, git, forge, credentials, network, escape];

/** What is dangerous about a shell command line, most severe first. */
export function inspectCommand(command: string, place: Place): readonly Finding[] {
  return inspected(place, command, (shell) => shell.run(command));
}

/** What is dangerous about a command that is given word by word. */
export function inspectWords(words: readonly string[], place: Place): readonly Finding[] {
  const [word = '', ...args] = words;
  const given = { word, name: programOf(word), args, environment: new Map<string, string>(), cwd: place.worktree };
  return inspected(place, words.join(' '), (shell) =>
    shell.invoke({ ...given, stdin: nothing, reads: [], writes: [] }),
  );
}

/** A command that brings the recogniser itself down must not get past it. */
function inspected(place: Place, command: string, look: (shell: Shell) => unknown): readonly Finding[] {
  const findings = new Findings(place);
  try {
    look(new Shell(findings, new Scope(place)));
  } catch {
    findings.all.push(finding('hidden', 'critical', 'It could not be looked through,', command));
  }
  return ordered(findings.all);
}

class Findings implements Visitor {
  readonly all: Finding[] = [];
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  command(invocation: Invocation): void {
    for (const rule of rules) this.all.push(...rule(invocation, this.#place));
    if (invocation.name !== '' && isUnknown(invocation.name) && invocation.args.length > 0) {
      this.all.push(finding('hidden', 'warning', 'Which program it runs cannot be told from', invocation.name));
    }
  }

  obstacle(why: Obstacle, what: string): void {
    if (why === 'malformed') return;
    this.all.push(finding('hidden', 'warning', `${obstacles[why]}, as in`, what));
  }

  blind({ name }: Invocation, { from }: Flow): void {
    if (from === 'network') {
      this.all.push(finding('remote-code', 'critical', `It runs what it downloads, with`, shown(name)));
    } else if (from === 'decoder') {
      this.all.push(
        finding('hidden', 'critical', 'It runs a command that is hidden by an encoding, with', shown(name)),
      );
    } else this.all.push(finding('hidden', 'warning', 'It runs a command that cannot be told, with', shown(name)));
  }
}

const obstacles: Readonly<Record<Exclude<Obstacle, 'malformed'>, string>> = {
  'too-deep': 'It is nested too deep to be looked through',
  'too-many': 'It has too many parts to be looked through',
  'too-long': 'It is too long to be looked through',
};
