/** The dialect skeleton.v1, pure. */
import type { Dialect } from '../../server/providers/dialect.ts';
import { decodeComplete } from './decode.ts';
import { encodeComplete } from './encode.ts';
import { decodeError } from './error.ts';
import { openStream } from './stream.ts';
import { DIALECT_ID } from './wire.ts';

/** skeleton.v1. */
export const skeletonDialect: Dialect = { id: DIALECT_ID, encodeComplete, decodeComplete, openStream, decodeError };
