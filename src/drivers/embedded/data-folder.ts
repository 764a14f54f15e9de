import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { makePrivateFolder } from '../../core/durable-file.js';

/**
 * The folder's one true path; created for this user alone where it is absent.
 * @throws Error that names DATA_FOLDER and says what to do
 */
export async function prepareFolder(folder: string): Promise<string> {
  try {
    await makePrivateFolder(folder);
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
