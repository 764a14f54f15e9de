/** Injects the AppConfig. */
export const CONFIG = Symbol('CONFIG');
/** Injects the process's pino Logger. */
export const LOGGER = Symbol('LOGGER');
