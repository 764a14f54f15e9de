/** Injects all checks by type. */
export const CHECKS = Symbol('CHECKS');
