import type { App } from '../app.ts';
import type { Handler } from './door.ts';

/** A command, given what features share. */
export type Command = (app: App) => Handler;
