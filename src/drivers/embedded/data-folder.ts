import { constants } from 'node:fs';
import { access, mkdir, realpath } from 'node:fs/promises';
import { PRIVATE_FOLDER } from '../private-storage.js';

/**
 * The folder's one true path; created for this user alone where it is absent.
 * @throws Error that names DATA_FOLDER and says what to do
 */
export async function prepareFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
    await access(folder, constants.W_OK | constants.X_OK);
    return await realpath(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `DATA_FOLDER ${folder} cannot be written (${reason}). Make it writable for this user, or name another folder.`,
      { cause: error },
    );
  }
}
