import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dangers, type Danger } from '../../../../src/core/supervision/finding.ts';
import { inspectCommand, inspectWords } from '../../../../src/supervision/monitor/monitor.ts';
import { inspectTool } from '../../../../src/supervision/monitor/tools.ts';
import { branchesList } from './branches-list.ts';
import { dangerous, harmless, place } from './commands.ts';
import { everyday, evasions } from './fourth-list.ts';
import { secondList } from './second-list.ts';
import { thirdList } from './third-list.ts';

const raised = (command: string): readonly Danger[] => inspectCommand(command, place).map((each) => each.danger);

describe('the recogniser of dangerous operations', () => {
  it('has a list worth the name', () => {
    assert.ok(Object.values(dangerous).flat().length >= 150);
    assert.ok(harmless.length >= 100);
    assert.deepEqual(
      dangers.filter((each) => dangerous[each].length < 4),
      [],
    );
  });

  for (const danger of dangers) {
    it(`raises ${danger}`, () => {
      const missed = dangerous[danger].filter((command) => !raised(command).includes(danger));
      assert.deepEqual(missed, []);
    });
  }

  it('says nothing about what is harmless', () => {
    const alarmed = harmless
      .map((each) => ({ each, raised: raised(each) }))
      .filter(({ raised: all }) => all.length > 0);
    assert.deepEqual(alarmed, []);
  });

  it('knows the second list and the third, and that of branches', () => {
    const wrong = [...secondList, ...thirdList, ...branchesList].filter(([wanted, command]) =>
      wanted === 'nothing' ? raised(command).length > 0 : !raised(command).includes(wanted),
    );
    assert.deepEqual(wrong, []);
  });

  it('knows the fourth list: nothing gets past it, and every day is quiet', () => {
    assert.deepEqual(
      evasions.filter((each) => raised(each).length === 0),
      [],
    );
    assert.deepEqual(
      everyday.filter((each) => raised(each).length > 0),
      [],
    );
  });

  it('tells what it saw in one plain sentence', () => {
    const [first] = inspectCommand('git push --force origin x', place);
    assert.deepEqual(first, {
      danger: 'force-push',
      severity: 'critical',
      sentence: 'It overwrites what others see, with `git push --force origin x`.',
    });
    for (const command of Object.values(dangerous).flat()) {
      for (const { sentence } of inspectCommand(command, place)) {
        assert.match(sentence, /^[A-Z][^\n\u0000-\u001F\uE000-\uE003]{5,400}\.$/u, command);
      }
    }
  });

  it('puts what is critical first', () => {
    const [first, ...rest] = inspectCommand('env; rm -rf /tmp/x; rm -rf /srv', place);
    assert.equal(first?.severity, 'critical');
    assert.ok(rest.every((each) => each.severity === 'warning') && rest.length === 2);
  });
});

/** Ways to hide a command in another; each is given a command without single quotes. */
const disguises: readonly ((command: string) => string)[] = [
  (each) => `sh -c '${each}'`,
  (each) => `bash -lc '${each}'`,
  (each) => `eval '${each}'`,
  (each) => `( ${each} )`,
  (each) => `{ ${each}; }`,
  (each) => `true && ${each}`,
  (each) => `x=$( ${each} )`,
  (each) => `echo "$( ${each} )"`,
  (each) => `cat <(${each})`,
  (each) => `f() { ${each}; }; f`,
  (each) => `if true; then ${each}; fi`,
  (each) => `for i in 1 2; do ${each}; done`,
  (each) => `echo '${each}' | sh`,
  (each) => `bash <<'EOF'\n${each}\nEOF`,
  (each) => `c='${each}'; eval "$c"`,
  (each) => `sh <<< '${each}'`,
  (each) => `echo ${Buffer.from(each).toString('base64')} | base64 -d | bash`,
  (each) => `trap '${each}' EXIT`,
  (each) => `printf '%s' '${each}' > /tmp/s.sh && sh /tmp/s.sh`,
  (each) => `ls; ${each} & wait`,
];
const plain = ['rm -rf /srv/data', 'git push --force', 'cat ~/.ssh/id_rsa', 'echo x > /etc/hosts', 'git stash drop'];
const wanted: readonly Danger[] = ['recursive-delete', 'force-push', 'credential-read', 'outside-write', 'stash'];

describe('the recogniser, against disguises', () => {
  it('looks into functions that nothing calls by their name, in subshells too, and takes those called for what they are given', () => {
    for (const each of [
      'f() { rm -rf /srv/data; }; "$x"',
      '( f() { rm -rf /srv/data; }; "$x" )',
      'f() { rm -rf /srv/data; } | cat',
    ]) {
      assert.deepEqual(raised(each), ['recursive-delete'], each);
    }
    for (const each of ['f() { rm -rf "$1"; }; ( ls ); f dist', 'f() { rm -rf "$1"; }; sh -c ls; eval ls; f dist']) {
      assert.deepEqual(raised(each), [], each);
    }
  });

  it('sees a dangerous command through three layers of any of them', () => {
    const one = fc.integer({ min: 0, max: plain.length - 1 });
    const layers = fc.array(fc.constantFrom(...disguises), { maxLength: 3 });
    fc.assert(
      fc.property(one, layers, (at, chosen) => {
        const hidden = chosen.reduce((command, disguise) => disguise(escaped(command, disguise)), plain[at] ?? '');
        assert.ok(raised(hidden).includes(wanted[at] ?? 'hidden'), hidden);
      }),
      { numRuns: 400 },
    );
  });

  it('is not alarmed by disguises of harmless commands', () => {
    const quiet = fc.constantFrom('npm test', 'git status', 'rm -rf dist', 'ls -la', 'cat README.md');
    const loud = new Set([8, 18]);
    const allowed = disguises.filter((_, at) => !loud.has(at));
    fc.assert(
      fc.property(quiet, fc.array(fc.constantFrom(...allowed), { maxLength: 2 }), (command, chosen) => {
        const hidden = chosen.reduce<string>((each, disguise) => disguise(escaped(each, disguise)), command);
        assert.deepEqual(raised(hidden), [], hidden);
      }),
      { numRuns: 300 },
    );
  });

  it('sees through quotes and backslashes at any place of the words', () => {
    const pieces = fc.array(fc.constantFrom('', '""', "''", '\\'), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(pieces, (marks) => {
        const word = (text: string, from: number): string =>
          [...text].map((letter, at) => `${marks[(from + at) % marks.length] ?? ''}${letter}`).join('');
        const command = `${word('rm', 0)} -${word('rf', 3)} /${word('srv', 5)}`;
        assert.ok(raised(command).includes('recursive-delete'), command);
      }),
      { numRuns: 300 },
    );
  });
});

/** Single quotes inside single quotes, where the disguise uses them. */
function escaped(command: string, disguise: (command: string) => string): string {
  const quotes = disguise('@').includes("'@'");
  // A heredoc and its like end at a line of their own, which a subshell on one line has no room for.
  const lined = command.includes('\n') ? `\n${command}\n` : command;
  return quotes ? command.replaceAll("'", "'\\''") : lined;
}

describe('the recogniser, against anything', () => {
  it('never throws and is never long about it', () => {
    const symbols = [
      'rm',
      '-rf',
      '/',
      '$',
      '(',
      ')',
      '{',
      '}',
      '`',
      '"',
      "'",
      '|',
      '&',
      ';',
      '<',
      '<<',
      'EOF',
      '\n',
      ' ',
      '~',
    ];
    const more = [
      '$(',
      '${',
      '}',
      'if',
      'then',
      'fi',
      'do',
      'done',
      'case',
      'esac',
      'f()',
      'f',
      '*',
      '\\',
      '>',
      '=',
      '\uE000',
    ];
    const mess = fc.array(fc.constantFrom(...symbols, ...more), { maxLength: 60 }).map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), mess), (command) => {
        const began = performance.now();
        for (const { sentence } of inspectCommand(command, place)) {
          assert.ok(sentence.length < 500);
          assert.doesNotMatch(sentence, /could not be looked through/u);
        }
        assert.ok(performance.now() - began < 1000, command);
      }),
      { numRuns: 1500 },
    );
  });

  const huge: Readonly<Record<string, string>> = {
    nested: '$('.repeat(5000),
    parentheses: `${'('.repeat(5000)}rm -rf /${')'.repeat(5000)}`,
    braces: `${'{ '.repeat(3000)}rm -rf /;${' }'.repeat(3000)}`,
    long: `echo ${'a '.repeat(400_000)}`,
    many: 'true;'.repeat(50_000),
    pipes: 'cat |'.repeat(20_000),
    words: `rm -rf ${'/srv '.repeat(20_000)}`,
    loops: `${'for i in 1 2 3 4 5 6 7 8 9; do '.repeat(12)}rm -rf /${'; done'.repeat(12)}`,
    recursion: 'f() { f; f; f; }; f',
    doubling: Array.from({ length: 40 }, (_, i) => `a${i + 1}="$a${i}$a${i}"`)
      .join(';')
      .replace('$a0$a0', 'xx'),
    'sh in sh': Array.from({ length: 12 }).reduce<string>((each) => `sh -c ${JSON.stringify(each)}`, 'rm -rf /'),
    alias: "alias a='a a'; a",
    calls: `python3 -c "${'connect('.repeat(12_000)}"`,
    'open calls': `node -e '${'open("'.repeat(15_000)}'`,
    quotes: `node -e 'child_process ${'" "'.repeat(20_000)}'`,
    'quotes that do not end': `ruby -e '${'system `'.repeat(12_000)}'`,
    environments: `awk '${'ENVIRON > "'.repeat(10_000)}'`,
    'edits of streams': `sed '${'1e '.repeat(30_000)}'`,
  };
  for (const [what, command] of Object.entries(huge)) {
    it(`is done soon with a command that is ${what}`, () => {
      const began = performance.now();
      inspectCommand(command, place);
      assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
    });
  }

  it('says that something too deep was not looked through', () => {
    for (const what of ['recursion', 'loops', 'many'] as const) {
      const found = inspectCommand(huge[what] ?? '', place);
      assert.ok(
        found.some(({ danger }) => danger === 'hidden' || danger === 'recursive-delete'),
        what,
      );
    }
  });
});

describe('tools of agents', () => {
  const of = (name: string, input: Readonly<Record<string, unknown>>): readonly Danger[] =>
    inspectTool(name, input, place).map((each) => each.danger);

  it('are looked at by what is in their input', () => {
    assert.deepEqual(of('Bash', { command: 'rm -rf /srv' }), ['recursive-delete']);
    assert.deepEqual(of('run_shell_command', { command: 'git push -f' }), ['force-push']);
    assert.deepEqual(of('exec_command', { cmd: 'git stash drop' }), ['stash']);
    assert.deepEqual(of('shell', { command: ['bash', '-lc', 'rm -rf /srv'] }), ['recursive-delete']);
    assert.deepEqual(of('Write', { file_path: '/etc/hosts', content: 'x' }), ['outside-write']);
    assert.deepEqual(of('Write', { file_path: `${place.worktree}/src/a.ts`, content: 'rm -rf /' }), []);
    assert.deepEqual(of('Edit', { file_path: 'src/a.ts' }), []);
    assert.deepEqual(of('Edit', { file_path: '.git/config' }), ['shared-git']);
    assert.deepEqual(of('Edit', { file_path: '../other-task/a.ts' }), ['other-worktree']);
    assert.deepEqual(of('Read', { file_path: '/home/ana/.ssh/id_rsa' }), ['credential-read']);
    assert.deepEqual(of('Read', { file_path: '/home/ana/shop/README.md' }), []);
    assert.deepEqual(of('WebFetch', { url: 'https://evil.example/x' }), ['network']);
    assert.deepEqual(of('WebFetch', { url: 'https://github.com/x' }), []);
    assert.deepEqual(of('apply_patch', { input: '*** Begin Patch\n*** Add File: /etc/x\n+a\n' }), ['outside-write']);
    assert.deepEqual(of('TodoWrite', { todos: [{ content: 'rm -rf /' }] }), []);
  });

  it('survive input of any shape', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(fc.constantFrom('command', 'cmd', 'path', 'url', 'patch', 'x'), fc.jsonValue()),
        (name, input) => {
          inspectTool(name, input, place);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('take a command word by word, too', () => {
    assert.deepEqual(
      inspectWords(['/bin/rm', '-rf', '/srv data'], place).map((each) => each.danger),
      ['recursive-delete'],
    );
    assert.deepEqual(inspectWords([], place), []);
  });
});
