/** Somebody who works with an engine that may go away at any moment, and who asks twice only for what may be asked twice. */
import { randomUUID } from 'node:crypto';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { ParamsOf, Requests, ResultOf } from '../../../src/protocol/contract.ts';
import type { SessionDetail, SessionView } from '../../../src/protocol/schemas.ts';
import type { Status } from '../../../src/core/session/state.ts';
import type { World } from './world.ts';
import { until } from './waiting.ts';

type Method = keyof Requests;

/** A session waits for no answer. */
export class NothingAsked extends Error {
  override readonly name = 'NothingAsked';
}

export class Person {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** Asks until an engine answers. For questions only, and for what may be done twice. */
  async ask<K extends Method>(method: K, params: ParamsOf<Requests, K>): Promise<ResultOf<Requests, K>> {
    for (;;) {
      const answer = await this.#once(method, params);
      if (answer !== undefined) return answer;
    }
  }

  /**
   * Has something done once. If the engine goes away before it answers, `done` tells from the present state whether it was
   * done all the same; only if it was not it is asked for again.
   */
  async act<K extends Method>(
    method: K,
    params: ParamsOf<Requests, K>,
    done: () => Promise<boolean>,
  ): Promise<ResultOf<Requests, K> | undefined> {
    for (;;) {
      const answer = await this.#once(method, params);
      if (answer !== undefined) return answer;
      if (await done()) return undefined;
    }
  }

  /** Undefined if the engine went away before it answered. */
  async #once<K extends Method>(method: K, params: ParamsOf<Requests, K>): Promise<ResultOf<Requests, K> | undefined> {
    const connection = await this.world.connection();
    try {
      return await connection.request(method, params);
    } catch (error) {
      if (isCoppiceError(error, 'unknown-outcome') || isCoppiceError(error, 'unreachable')) return undefined;
      throw error;
    }
  }

  /** What `look` finds, once that is on record: an engine that dies may have shown what the next one has yet to do. */
  async onRecord<T>(look: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.world.connection();
      const { engine } = this.world;
      const found = await look();
      if ((await this.world.settled()) && engine === this.world.engine) return found;
    }
  }

  async trust(): Promise<void> {
    await this.ask('trust/grant', { path: this.world.repository, host: true });
  }

  async list(): Promise<SessionView[]> {
    return (await this.ask('session/list', {})).sessions;
  }

  show(session: string): Promise<SessionDetail> {
    return this.ask('session/show', { session });
  }

  /** The id of a session for this prompt: asked for until an engine answers, and made once all the same. */
  async create(prompt: string, more: Partial<ParamsOf<Requests, 'session/create'>> = {}): Promise<string> {
    const { repository, requester } = this.world;
    const asked = { id: randomUUID(), path: repository, prompt, agent: 'demo', requester, ...more };
    const { verdict, session } = await this.ask('session/create', asked);
    if (session !== undefined && session.id === asked.id) return session.id;
    throw new Error(`There is no session for "${prompt}": ${JSON.stringify({ verdict, session })}`);
  }

  /** Gives a settled session another prompt: asked for until an engine answers, and given once all the same. */
  async continue(session: string, prompt: string): Promise<void> {
    await this.ask('session/continue', { session, prompt, requester: this.world.requester, key: randomUUID() });
  }

  /**
   * Answers what a session asks, as soon as it asks. What a reader was told may not be on the disk yet: the question of an
   * engine that died then comes again when the next one has read what the agent said.
   */
  async answersWhenAsked(session: string, choice: 'allow' | 'deny' | 'hand-over'): Promise<void> {
    for (;;) {
      await this.sees(session, 'needs-you');
      try {
        await this.answer(session, choice);
        return;
      } catch (error) {
        if (!(error instanceof NothingAsked)) throw error;
      }
    }
  }

  /** Answers what a session asks: asked for until an engine answers, and given once all the same. */
  async answer(session: string, choice: 'allow' | 'deny' | 'hand-over'): Promise<void> {
    const [asked] = (await this.onRecord(() => this.show(session))).needs;
    if (asked === undefined) throw new NothingAsked();
    await this.ask('session/answer', { session, breakpoint: asked.id, answer: { choice }, key: randomUUID() });
  }

  async cancel(session: string): Promise<void> {
    await this.act('session/cancel', { session }, async () => (await this.show(session)).status === 'cancelled');
  }

  /** Waits for one of these statuses. Fails at once when the session ends in another one. */
  async sees(session: string, ...wanted: readonly Status[]): Promise<SessionDetail> {
    const { world } = this;
    let last: SessionDetail | undefined;
    return until(
      async () => {
        last = await this.show(session);
        if (wanted.includes(last.status)) return last;
        if (!settled.has(last.status)) return undefined;
        throw new Error(
          `It is ${last.status}, not ${wanted.join(' or ')}: ${JSON.stringify(last)}\n${await world.log()}`,
        );
      },
      async () => `${wanted.join(' or ')}. It is ${JSON.stringify(last)}\n${await world.log()}`,
    );
  }
}

export const settled: ReadonlySet<Status> = new Set(['reported', 'failed', 'interrupted', 'cancelled']);
