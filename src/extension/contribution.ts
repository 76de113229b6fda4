import type { App } from './app.ts';
import { Disposables, type Disposable } from './lifecycle/disposables.ts';

/** One feature of the window. What it registers is owned by what it gives back. */
export interface Contribution {
  /** For the log. */
  readonly name: string;
  readonly register: (app: App) => Disposable;
}

/** Registers each on its own: one that fails is logged and does not keep the others from working. */
export function registerAll(contributions: readonly Contribution[], app: App): Disposable {
  const owner = new Disposables();
  for (const { name, register } of contributions) {
    const begun = performance.now();
    try {
      owner.add(register(app));
      app.log.trace(`${name} is registered (${(performance.now() - begun).toFixed(1)} ms).`);
    } catch (error) {
      app.log.error(`${name} could not be registered.`, error);
    }
  }
  return owner;
}
