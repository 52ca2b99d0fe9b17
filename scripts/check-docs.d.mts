export function brokenLinks(project: string, file: string): string[];
