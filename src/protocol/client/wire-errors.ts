/** How an error crosses the socket: as its record in the `data` of a JSON-RPC error, and back as a `CoppiceError`. */
import { ResponseError } from 'vscode-jsonrpc/node';
import * as z from 'zod';
import { bugNext, CoppiceError, toErrorRecord, type ErrorRecord } from '../../core/errors.ts';
import { errorSchema } from '../schemas.ts';

/** JSON-RPC leaves the numbers outside -32768…-32000 to applications; what counts is the code in the record. */
export const refusedNumber = 1;

/** An error of a later version may have a code that this one does not know. */
const looseSchema = z.object({ message: z.string(), next: z.string() });

/** The error that is sent. What is not a `CoppiceError` goes as `internal`. */
export function toWire(error: unknown, number: number = refusedNumber): ResponseError<ErrorRecord> {
  const record = toErrorRecord(error);
  return new ResponseError(number, record.message, record);
}

/** The error that was received. */
export function fromWire(error: ResponseError<unknown>, method: string): CoppiceError {
  const exact = errorSchema.safeParse(error.data);
  if (exact.success) {
    const { context, ...record } = exact.data;
    return CoppiceError.fromRecord(context === undefined ? record : { ...record, context });
  }
  const loose = looseSchema.safeParse(error.data);
  if (loose.success) return new CoppiceError('internal', loose.data.message, loose.data.next, { cause: error });
  return new CoppiceError('internal', `The engine failed at ${method}: ${error.message}`, bugNext, {
    cause: error,
    way: 'export-diagnostics',
  });
}
