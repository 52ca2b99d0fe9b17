export function countTests(
  reportText: string,
  exitCode: number,
): { readonly passed: number; readonly failed: number; readonly skipped: number };
