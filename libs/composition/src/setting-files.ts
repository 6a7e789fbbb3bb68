/** Files that settings name: certificates, keys, credentials. */
import { readFileSync } from 'node:fs';
import { TenonError } from '@tenon/errors';
import type { SettingName } from '@tenon/runtime';

/** @throws TenonError `invalid-setting` naming the setting; what stands in the file is in no error */
export function readSettingFile(name: SettingName, path: string, hint: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TenonError('invalid-setting', `${name}: ${(error as Error).message}`, { hint });
  }
}
