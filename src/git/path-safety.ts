/** Code points that HFS+ ignores in names, so that `.g\u200cit` is `.git` there. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * Why a path of an agent's patch or work tree is refused, or undefined where it is harmless: paths that
 * climb, are absolute, or name git's own folder on any file system, HFS+ and NTFS spellings included.
 */
export function pathDanger(path: string): string | undefined {
  if (path === '') return 'the path is empty';
  if (path.includes('\0')) return 'the path holds a NUL byte';
  if (/^[/\\]/.test(path) || /^[A-Za-z]:[/\\]/.test(path)) return 'the path is absolute';
  for (const part of path.split(/[/\\]/)) {
    if (part === '..') return 'the path climbs out of the repository';
    if (isGitFolderName(part)) return "the path lies in git's own folder";
  }
  return undefined;
}

/** Whether some file system takes this name for `.git`. */
export function isGitFolderName(name: string): boolean {
  const hfs = name.replace(IGNORED_BY_HFS, '').toLowerCase();
  const ntfs = (name.split(':')[0] ?? '').replace(/[. ]+$/, '').toLowerCase();
  return hfs === '.git' || ntfs === '.git' || ntfs === 'git~1';
}
