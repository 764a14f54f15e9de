/**
 * Why a question to the worker has no answer:
 * - `down`: it was not asked, the worker is being started again;
 * - `died`: it was asked, and whether it was done is not known;
 * - `full`, `failed`: nothing of it was done.
 */
export class Trouble extends Error {
  constructor(
    readonly kind: 'down' | 'died' | 'full' | 'failed',
    message: string,
  ) {
    super(message);
    this.name = 'Trouble';
  }
}
