import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fileOf, fileProposal, textProposal } from '../../../src/extension/needs-you/proposal.ts';

/** What an agent makes of a replacement: it has to fit in exactly one place. */
function applied(text: string, old: string, next: string): string {
  assert.equal(text.indexOf(old), text.lastIndexOf(old), 'it fits in one place');
  return text.replace(old, () => next);
}

describe('the input of a tool, as it is proposed', () => {
  it('is about a file of the worktree, wherever the agent sees it, and about no other one', () => {
    const file = (path: string): string | undefined => fileOf({ file_path: path, content: '' }, '/home/w');
    assert.equal(file('docs/a.md'), 'docs/a.md');
    assert.equal(file('/home/w/docs/a.md'), 'docs/a.md');
    assert.equal(file('/workspace/docs/a.md'), 'docs/a.md');
    assert.deepEqual([file('/etc/passwd'), file('../a'), file('a/../../b'), file('')], Array(4).fill(undefined));
    assert.equal(fileOf({ file_path: 'a', command: 'ls' }, '/home/w'), undefined);
    assert.equal(fileOf({ content: 'x' }, '/home/w'), undefined);
  });

  it('is a whole file, with the text as it was changed', () => {
    const proposal = fileProposal({ file_path: 'a', content: 'new\n' }, 'a', 'old\r\n');
    assert.deepEqual([proposal?.before, proposal?.after], ['old\n', 'new\n']);
    assert.deepEqual(proposal?.inputOf('mine\n'), { file_path: 'a', content: 'mine\n' });
  });

  it('is a replacement, which stays as it is until somebody changes what comes of it', () => {
    const input = { file_path: 'a', old_string: 'b', new_string: 'B', replace_all: true };
    const proposal = fileProposal(input, 'a', 'a\nb\nc\nb\n');
    assert.equal(proposal?.after, 'a\nB\nc\nB\n');
    assert.equal(proposal.inputOf(proposal.after), input);
    // One `b` alone would fit twice: the lines around it say which.
    const only = proposal.inputOf('a\nb\nc\nB\n');
    assert.deepEqual(only, { ...input, old_string: 'c\nb\n', new_string: 'c\nB\n', replace_all: false });
    assert.throws(() => proposal.inputOf('a\nb\nc\nb\n'), /change nothing/u);
  });

  it('is several replacements, or the text of a file that is not there yet', () => {
    const edits = [
      { old_string: 'a', new_string: 'A' },
      { old_string: 'A', new_string: 'x' },
    ];
    const proposal = fileProposal({ path: 'f', edits }, 'f', 'a\n');
    assert.equal(proposal?.after, 'x\n');
    assert.deepEqual(proposal.inputOf('y\n'), { path: 'f', edits: [{ old_string: 'a\n', new_string: 'y\n' }] });
    const fresh = fileProposal({ path: 'f', old_string: '', new_string: 'all' }, 'f');
    assert.deepEqual(
      [fresh?.after, fresh?.inputOf('mine')],
      ['all', { path: 'f', old_string: '', new_string: 'mine' }],
    );
  });

  it('is nothing for a file on which it does not fit', () => {
    const input = { path: 'f', old_string: 'a', new_string: 'b' };
    assert.equal(fileProposal(input, 'f', 'none'.replace('n', 'm')), undefined);
    assert.equal(fileProposal(input, 'f', 'a and a'), undefined);
    assert.equal(fileProposal({ ...input, old_string: '' }, 'f', 'there'), undefined);
  });

  it('is the command, or JSON that has to stay JSON', () => {
    const command = textProposal({ command: 'ls', timeout: 1 });
    assert.deepEqual([command.after, command.inputOf('pwd')], ['ls', { command: 'pwd', timeout: 1 }]);
    const json = textProposal({ path: 'a', line: 'x' });
    assert.deepEqual(json.inputOf(json.after), { path: 'a', line: 'x' });
    for (const bad of ['{', '[]', 'null', '1', '']) assert.throws(() => json.inputOf(bad), /not a JSON object/u);
  });

  it('means exactly the text that a person made of it, whatever that is', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', '', '  }', '$&'), { maxLength: 30 }).map((all) => all.join('\n'));
    fc.assert(
      fc.property(lines, lines, lines, (before, after, mine) => {
        const proposal = fileProposal({ old_string: before, new_string: after }, 'f', before);
        if (proposal === undefined || mine === before || mine === after) return;
        const { old_string: old, new_string: next } = proposal.inputOf(mine);
        assert.equal(before === '' ? next : applied(before, String(old), String(next)), mine);
      }),
      { numRuns: 2000 },
    );
  });
});
