import assert from 'node:assert/strict';
import fc from 'fast-check';
import { within, type Share } from '../../../src/executors/docker/container.ts';

const policy = { image: 'i', memoryMegabytes: 4096, cpus: 2, processes: 512, network: 'none' } as const;
const gibibyte = 2 ** 30;

/** A container of these limits, as the daemon tells it. */
function share(megabytes: number, cpus: number, own = true): Share {
  return { memoryBytes: megabytes * 2 ** 20, cpus, own };
}

/** What one container after the other may use: megabytes and processors. */
function inTurn(
  count: number,
  machine: Parameters<typeof within>[1],
  more: Partial<Parameters<typeof within>[0]> = {},
): (readonly [number, number] | undefined)[] {
  const there: Share[] = [];
  return Array.from({ length: count }, () => {
    const given = within({ ...policy, ...more }, machine, there);
    if (given === undefined) return undefined;
    there.push(share(given.memoryMegabytes, given.cpus));
    return [given.memoryMegabytes, given.cpus];
  });
}

describe('the limits of a container', () => {
  it('are those that are set where the machine of the daemon has more', () => {
    assert.deepEqual(within(policy, { NCPU: 4, MemTotal: 8 * gibibyte }), policy);
  });

  it('leave a quarter of a small machine to everything else, and ask for no processor that is not there', () => {
    const small = within(policy, { NCPU: 1, MemTotal: 4 * gibibyte });
    assert.deepEqual(small, { ...policy, cpus: 1, memoryMegabytes: 3072 });
    assert.equal(within(policy, { NCPU: 2, MemTotal: 4 * gibibyte })?.cpus, 1.5);
  });

  it('are those that are set where the daemon does not say what it has', () => {
    assert.deepEqual(within(policy, {}), policy);
    assert.deepEqual(within(policy, { NCPU: 0, MemTotal: 0 }, [share(8192, 8)]), policy);
  });

  it('are the same for all that have a place, and come to three quarters of the machine at most', () => {
    const three = { places: 3 };
    assert.deepEqual(inTurn(3, { NCPU: 8, MemTotal: 16 * gibibyte }, three), [
      [4096, 2],
      [4096, 2],
      [4096, 2],
    ]);
    assert.deepEqual(inTurn(3, { NCPU: 4, MemTotal: 8 * gibibyte }, three), [
      [2048, 1],
      [2048, 1],
      [2048, 1],
    ]);
  });

  it('leave a processor to each, however many there are: time on them is shared', () => {
    assert.deepEqual(inTurn(3, { NCPU: 2, MemTotal: 16 * gibibyte }, { places: 3 }), [
      [4096, 1],
      [4096, 1],
      [4096, 1],
    ]);
  });

  it('are refused, and not exceeded, where too little memory is left', () => {
    const machine = { NCPU: 8, MemTotal: 8 * gibibyte };
    assert.deepEqual(inTurn(3, machine), [[4096, 2], [2048, 2], undefined]);
    assert.equal(within(policy, machine, [share(6144 - 255, 1, false)]), undefined);
    assert.equal(within(policy, machine, [share(6144 - 256, 1, false)])?.memoryMegabytes, 256);
    assert.equal(within({ ...policy, memoryMegabytes: 100 }, machine, [share(6144 - 100, 1)])?.memoryMegabytes, 100);
  });

  it('never come to more memory than that together, and refuse nobody who has a place (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 2, max: 64 }),
        fc.integer({ min: 4, max: 64 }),
        fc.array(fc.integer({ min: 64, max: 20_000 }), { minLength: 30, maxLength: 30 }),
        (places, gibibytes, cpus, asks) => {
          const machine = { NCPU: cpus, MemTotal: gibibytes * gibibyte };
          const there: Share[] = [];
          for (const [at, memoryMegabytes] of asks.entries()) {
            const given = within({ ...policy, memoryMegabytes, places }, machine, there);
            assert.ok(given !== undefined || at >= places, `number ${at + 1} of ${places}`);
            if (given === undefined) continue;
            there.push(share(given.memoryMegabytes, given.cpus));
            assert.ok(given.memoryMegabytes > 0 && given.memoryMegabytes <= memoryMegabytes);
            const memory = there.reduce((all, each) => all + each.memoryBytes, 0);
            assert.ok(memory <= machine.MemTotal * 0.75, `${memory} bytes`);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never come to more processors than that together where each place has one (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 2, max: 128 }), (places, cpus) => {
        fc.pre(cpus * 0.75 >= places);
        const given = inTurn(places, { NCPU: cpus, MemTotal: 1024 * gibibyte }, { places });
        const all = given.reduce((total, each) => total + (each?.[1] ?? 0), 0);
        assert.ok(all <= cpus * 0.75 + 1e-6, `${all} of ${cpus}`);
      }),
    );
  });
});
