import { failed, type Answer, type CallOptions, type ChatRequest, type Model, type Outcome } from './model.ts';

/** A model that is asked one thing at a time, first come, first served: a server with one place answers no sooner to two. */
export class InLine implements Model {
  readonly #model: Model;
  #last: Promise<unknown> = Promise.resolve();

  constructor(model: Model) {
    this.#model = model;
  }

  get name(): string {
    return this.#model.name;
  }

  get contextTokens(): number {
    return this.#model.contextTokens;
  }

  /** Waiting counts: a call whose time is up before its turn comes is not made. */
  async chat(request: ChatRequest, options: CallOptions): Promise<Outcome<Answer>> {
    const until = performance.now() + options.timeoutMs;
    const before = this.#last;
    const { promise: mine, resolve: leave } = withResolvers();
    this.#last = Promise.all([before, mine]);
    try {
      const came = await arrival(before, options);
      if (came !== 'turn') return came;
      const timeoutMs = Math.max(1, Math.round(until - performance.now()));
      return await this.#model.chat(request, { ...options, timeoutMs });
    } finally {
      leave();
    }
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function arrival(before: Promise<unknown>, { timeoutMs, signal }: CallOptions): Promise<'turn' | Outcome<Answer>> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () =>
        end(
          failed(
            'timed-out',
            'The model was busy with other questions for too long.',
            'Choose a smaller model, or give it more time.',
          ),
        ),
      timeoutMs,
    );
    const cancelled = (): void => end(failed('cancelled', 'The call was cancelled.', 'Nothing is to be done.'));
    function end(how: 'turn' | Outcome<Answer>): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancelled);
      resolve(how);
    }
    signal?.addEventListener('abort', cancelled, { once: true });
    if (signal?.aborted === true) cancelled();
    before.then(
      () => end('turn'),
      () => end('turn'),
    );
  });
}
