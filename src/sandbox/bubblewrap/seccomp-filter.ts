/** System calls by name, numbered as one processor's kernel does. */
interface Architecture {
  /** As the kernel's audit subsystem names it. */
  readonly audit: number;
  readonly calls: Readonly<Record<RefusedCall | 'socket' | 'clone' | 'clone3', number>>;
  /** Numbers from here on belong to a second calling convention of the same processor. */
  readonly secondConvention?: number;
}

/** Calls that reach past namespaces (keyrings, new namespaces) or are the kernel's broadest unguarded doors. */
type RefusedCall =
  | 'add_key'
  | 'request_key'
  | 'keyctl'
  | 'bpf'
  | 'perf_event_open'
  | 'userfaultfd'
  | 'io_uring_setup'
  | 'io_uring_enter'
  | 'io_uring_register'
  | 'unshare'
  | 'setns';

const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, Architecture>>> = {
  x64: {
    audit: 0xc000_003e,
    secondConvention: 0x4000_0000,
    calls: {
      add_key: 248,
      request_key: 249,
      keyctl: 250,
      bpf: 321,
      perf_event_open: 298,
      userfaultfd: 323,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      unshare: 272,
      setns: 308,
      socket: 41,
      clone: 56,
      clone3: 435,
    },
  },
  arm64: {
    audit: 0xc000_00b7,
    calls: {
      add_key: 217,
      request_key: 218,
      keyctl: 219,
      bpf: 280,
      perf_event_open: 241,
      userfaultfd: 282,
      io_uring_setup: 425,
      io_uring_enter: 426,
      io_uring_register: 427,
      unshare: 97,
      setns: 268,
      socket: 198,
      clone: 220,
      clone3: 435,
    },
  },
};

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Sockets of these families stay within the sandbox's own network namespace; others, as vsock, may not. */
const FAMILIES = { unix: 1, inet: 2, inet6: 10, netlink: 16 };

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NAMESPACE_FLAGS = 0x7e02_0000;

const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff_0000;
const refuse = (error: number): number => 0x0005_0000 | error;

/** Offsets in what the kernel hands to a filter (`struct seccomp_data`, little-endian). */
const CALL = 0;
const ARCHITECTURE = 4;
const FIRST_ARGUMENT = 16;

interface Instruction {
  readonly code: number;
  readonly value: number;
  /** Instructions to skip where the comparison holds, and where it does not. */
  readonly skip?: readonly [number, number];
}

/**
 * A seccomp filter as bubblewrap takes it (`--seccomp`): array of `struct sock_filter`. Refused calls answer
 * EPERM, sockets of other families EAFNOSUPPORT, `clone3`, whose flags no filter can see, ENOSYS, upon which C
 * libraries turn to `clone`.
 *
 * @returns `undefined` for a processor whose numbers are not known here.
 */
export function seccompFilter(architecture: NodeJS.Architecture = process.arch): Buffer | undefined {
  const known = ARCHITECTURES[architecture];
  if (known === undefined) return undefined;
  const { socket, clone, clone3, ...refused } = known.calls;
  const program: Instruction[] = [
    { code: LOAD, value: ARCHITECTURE },
    { code: JUMP_IF_EQUAL, value: known.audit, skip: [1, 0] },
    // Programs of the processor's other width would be judged by the wrong numbers.
    { code: RETURN, value: refuse(ENOSYS) },
    { code: LOAD, value: CALL },
    ...(known.secondConvention === undefined
      ? []
      : when(JUMP_IF_AT_LEAST, known.secondConvention, [{ code: RETURN, value: refuse(ENOSYS) }])),
    ...Object.values(refused).flatMap((call) =>
      when(JUMP_IF_EQUAL, call, [{ code: RETURN, value: refuse(EPERM) }]),
    ),
    ...when(JUMP_IF_EQUAL, clone3, [{ code: RETURN, value: refuse(ENOSYS) }]),
    ...when(JUMP_IF_EQUAL, clone, [
      { code: LOAD, value: FIRST_ARGUMENT },
      ...when(JUMP_IF_ANY_BIT, NAMESPACE_FLAGS, [{ code: RETURN, value: refuse(EPERM) }]),
      { code: RETURN, value: ALLOW },
    ]),
    ...when(JUMP_IF_EQUAL, socket, [
      { code: LOAD, value: FIRST_ARGUMENT },
      ...Object.values(FAMILIES).flatMap((family) =>
        when(JUMP_IF_EQUAL, family, [{ code: RETURN, value: ALLOW }]),
      ),
      { code: RETURN, value: refuse(EAFNOSUPPORT) },
    ]),
    { code: RETURN, value: ALLOW },
  ];
  return assemble(program);
}

/** `then` where the comparison holds, else what follows it. */
function when(code: number, value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code, value, skip: [0, then.length] }, ...then];
}

function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, value, skip = [0, 0] }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(skip[0], index * 8 + 2);
    bytes.writeUInt8(skip[1], index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}
