/** A file that a source offers. */
export interface SourceFile {
  /** Relative path with slashes, as the source names it. Not to be trusted before {@link layoutOf} has seen it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal name of the content, where the source tells one: of git's blob, or SHA-256 of the bytes alone. */
  readonly digest?: { readonly kind: 'git-blob' | 'sha256'; readonly hex: string };
  readonly isExecutable: boolean;
  /** Why the file must not be taken, where the source knows, e.g. "it is a symbolic link". */
  readonly refusal?: string;
}

/** A place that tasks can be taken from. */
export interface DatasetSource {
  /** What people are shown and the manifest keeps; without user name and password. */
  readonly name: string;
  /** Commit or the like that all files belong to, where there is one. */
  readonly revision?: string;
  list(signal: AbortSignal | undefined): Promise<SourceFile[]>;
  /**
   * The bytes of a file from an offset on. A source that cannot skip is only asked for offset 0.
   *
   * @throws {UserMistake | InfrastructureFault} what the reader can be told, in one line.
   */
  read(file: SourceFile, offset: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array>;
  /** Whether {@link read} can begin in the middle. */
  readonly canSkip: boolean;
  close(): Promise<void>;
}
