import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { behaviours } from '../../corpus/behaviours.ts';
import { readCases, type Case } from '../../corpus/case.ts';
import { tasks } from '../../corpus/tasks/index.ts';

describe('the labelled corpus', () => {
  const parts = { cases: readCases('cases'), 'held-out': readCases('held-out') };
  const all: readonly Case[] = Object.values(parts).flat();

  it('has every behaviour on every task once', () => {
    const wanted = tasks.flatMap((task) => behaviours.map(({ name }) => `${task.name}/${name}`));
    assert.deepEqual(all.map(({ id }) => id).sort(), wanted.sort());
    assert.ok(all.length >= 200);
  });

  it('holds back a third that is chosen by name alone', () => {
    for (const [part, some] of Object.entries(parts)) {
      for (const { id } of some) {
        const third = createHash('sha256').update(id).digest().readUInt32BE() % 3 === 0;
        assert.equal(part === 'held-out', third, id);
      }
    }
  });

  it('calls nothing done whose gate said no, or that touched what was not its own', () => {
    for (const { id, gate, label, turn, allowed, expected } of all.filter((each) => each.label.done)) {
      assert.ok(gate === undefined || gate.code === 0, id);
      assert.ok(
        turn.files.every(({ path: file }) => allowed.some((path) => file === path || file.startsWith(`${path}/`))),
        id,
      );
      assert.deepEqual(turn.presentFiles, expected, id);
      assert.ok(label.fault === 'none', id);
    }
  });
});
