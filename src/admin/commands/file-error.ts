import { CommandError } from '../../module/command-error.ts'

/** What the system has against a file, in words. */
export function fileError(path: string, error: unknown): CommandError {
  const code = (error as NodeJS.ErrnoException).code
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EEXIST: 'there is such a file already',
    ENOTEMPTY: 'the folder is not empty',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
    ENOSPC: 'the disk is full',
  }
  const reason = reasons[code ?? ''] ?? (error instanceof Error ? error.message : String(error))
  return new CommandError('file_error', `${path}: ${reason}`, { path }, { cause: error })
}

/** Whether the system has said so. */
export function isSystemError(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).code === 'string'
}
