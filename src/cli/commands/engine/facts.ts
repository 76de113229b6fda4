import type { Requests, ResultOf } from '../../../protocol/contract.ts';
import { text, type Text } from '../../text.ts';

type EngineState = ResultOf<Requests, 'engine/status'>;

/** The engine for a program; `pid`, `version` and `socket` are an outside contract. */
export function engineFacts(state: EngineState): Record<string, unknown> {
  return { running: true, ...state };
}

/** The engine for a person, in one line. */
export function engineLine({ pid, version, socket }: EngineState): Text {
  return text`Engine ${version} runs with pid ${pid} at ${socket}`;
}
