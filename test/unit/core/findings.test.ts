import assert from 'node:assert/strict';
import { findingSchema, isNeverRemembered, ordered, type Finding } from '../../../src/core/supervision/finding.ts';

const minor: Finding = { danger: 'network', severity: 'warning', sentence: 'It speaks to `a`.' };
const major: Finding = { danger: 'force-push', severity: 'critical', sentence: 'It overwrites.' };

describe('findings', () => {
  it('are ordered by severity, each once', () => {
    assert.deepEqual(ordered([minor, major, minor]), [major, minor]);
    assert.deepEqual(ordered([]), []);
  });

  it('make an answer one that is never remembered', () => {
    assert.ok(isNeverRemembered([minor]));
    assert.ok(!isNeverRemembered([]));
  });

  it('are checked where they cross a process', () => {
    assert.deepEqual(findingSchema.parse(major), major);
    assert.throws(() => findingSchema.parse({ ...major, severity: 'info' }));
    assert.throws(() => findingSchema.parse({ ...major, more: 1 }));
  });
});
