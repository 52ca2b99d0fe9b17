export function packageComplaints(
  description: { readonly bin?: unknown; readonly exports?: unknown },
  files: readonly string[],
): string[];
