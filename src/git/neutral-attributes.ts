/**
 * Attributes that override those of any tree, because a git directory's own `info/attributes` come last:
 * no filter, no conversion of line ends or encodings, no keyword, no driver, no union merge that an agent
 * granted itself. Files are the bytes that they are.
 */
export const NEUTRAL_ATTRIBUTES =
  '* !text !eol !crlf !ident !filter !working-tree-encoding !diff !merge !whitespace !conflict-marker-size !export-subst\n';

/** As {@link NEUTRAL_ATTRIBUTES}, but merges keep both sides of a conflict. */
export const UNION_ATTRIBUTES = `${NEUTRAL_ATTRIBUTES}* merge=union\n`;
