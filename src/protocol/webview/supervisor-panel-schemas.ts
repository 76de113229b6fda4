/** Everything that may come out of the supervisor panel, checked before a handler sees it. */
import * as z from 'zod';
import type { PanelSchemas } from './session-panel-schemas.ts';
import type { SupervisorPanelApi } from './supervisor-panel.ts';

const none = z.strictObject({});
const turn = z.number().int().min(1);

export const supervisorPanelSchemas: PanelSchemas<SupervisorPanelApi> = {
  ready: none,
  report: none,
  read: z.strictObject({ turn, what: z.enum(['review', 'gate', 'prompt']), at: z.number().int().min(0).max(10_000) }),
  comment: z.strictObject({ turn, good: z.boolean().exactOptional(), unnecessary: z.boolean().exactOptional() }),
  show: z.strictObject({ what: z.enum(['session', 'tree']) }),
  broke: z.strictObject({ what: z.string().max(10_000) }),
};
