/** The contract's messages, enums and service definitions; the thin helper comes beside it. */

export { StreamFold } from './fold.ts';
export * from './gen/index.ts';
