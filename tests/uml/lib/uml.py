# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) The librecordtls authors

"""A Linux kernel of its own as a process: Debian's User-Mode Linux, joined to a port of the library's by a pair of interfaces."""
import json
import os
import shutil
import signal
import socket
import subprocess
import threading

import fetch
import network
import offloads
import tap

KERNEL = 'linux.uml'
ADDRESSES = (network.CLIENT_IP, fetch.PEER_IP)
IFACE = 'vec0'    # its own name for its end
SHADOW = 'ifb-in'
PORT = fetch.IFACE
VDEV = f'net_af_packet0,iface={PORT},framecnt=4096'
BOOT_S = 60
TURN_OFF_S = 10
AGENT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'agent.py')
# The processor has more registers than it saves: whatever runs in it ends.
NO_REGISTERS = 'ptrace set fp regs failed'


def available():
    """Once per program, before its plan; ends the program as skipped where it is not installed."""
    if shutil.which(KERNEL) is None:
        tap.skip_all('user-mode-linux is not installed')


def make_network():
    """A pair of interfaces: one for DPDK, the other for User-Mode Linux. Behind network.enter()."""
    fetch.make_network(address=False)
    # net_af_packet takes a packet as it is: checksums are this kernel's work, which is not to vouch for any.
    for name in (PORT, f'{PORT}p'):
        offloads.switch_off(name, 'rx-checksums', 'tx-checksums')


class Guest:
    """with Guest(folder) as guest: it has booted; folder is its working folder, too."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.console = []
        self.asked = 0
        self.process = self.line = self.reader = self.watcher = None

    def __enter__(self):
        # Its kernel splits the command line at spaces, and its init is to be a file of its root.
        agent = os.path.join(self.folder, 'agent.py')
        tap.check(' ' not in agent, f'a space in {agent}')
        shutil.copy(AGENT, agent)
        os.chmod(agent, 0o755)
        self.line, theirs = socket.socketpair()
        fd = theirs.fileno()
        self.process = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', *self.kernel(), 'mem=512M', 'rootfstype=hostfs', 'rootflags=/', 'ro',
             f'init={agent}', f'shared={self.folder}', 'con0=null,fd:1', 'con=null', f'con1=fd:{fd}'],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[fd],
            start_new_session=True, text=True, errors='replace')
        theirs.close()
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()
        self.line.settimeout(BOOT_S)
        self.reader = self.line.makefile('r')
        try:
            said = self.answer('boot')
            tap.equal(said['missing'], [], 'modules that it cannot load')
            self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def kernel(self):
        """Its program, and what it has besides."""
        return [KERNEL, f'{IFACE}:transport=raw,ifname={PORT}p,mac={network.CLIENT_MAC}']

    def set_up(self):
        self.join()
        self.shadow()

    def watch(self):
        for line in self.process.stdout:
            self.console.append(line.rstrip())

    def __exit__(self, *_):
        try:
            self.line.settimeout(TURN_OFF_S)
            self.ask(None)
            self.process.wait(TURN_OFF_S)
        except (OSError, subprocess.TimeoutExpired):
            pass
        # Its processes are processes here, too.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.line.close()

    def last_words(self):
        return ' / '.join(self.console[-20:])

    def answer(self, what):
        """To what was asked last: one that came too late is nobody's."""
        text = None
        while text is None or (text != '' and json.loads(text)['n'] != self.asked):
            try:
                text = self.reader.readline()
            except OSError:
                text = ''
        if text == '':
            self.watcher.join(1)    # its last words
            if any(NO_REGISTERS in line for line in self.console):
                tap.skip('this processor has more registers than User-Mode Linux can save')
        tap.check(text != '', f'User-Mode Linux, {what}: no answer ({self.last_words()})')
        return json.loads(text)

    def ask(self, command, limit_s=0):
        self.asked += 1
        self.line.sendall(json.dumps({'n': self.asked, 'sh': command, 'limit_s': limit_s}).encode() + b'\n')

    def sh(self, command, limit_s=20, fails=False):
        """What a command of bash prints in it; what is to run on has its output elsewhere."""
        self.line.settimeout(limit_s + 5)
        self.ask(command, limit_s)
        said = self.answer(command)
        tap.check(fails or said['code'] == 0, f'{command} in User-Mode Linux: {said["code"]}: {said["out"][-600:]}')
        return said['out']

    def join(self, mtu=1500):
        """Its end of the network. No packet that somebody else is to cut: each is lost by itself."""
        self.sh(f'ip link set {IFACE} mtu {mtu} gso_max_segs 1 && ip link set {IFACE} up && ' +
                ' && '.join(f'ip address replace {a}/{network.PREFIX_LEN} dev {IFACE}' for a in ADDRESSES))

    def shadow(self):
        """What it receives goes through an interface of its own, where netem can be: packet by packet, and before
        checksums are verified."""
        self.sh(f'python3 -B {offloads.__file__} {IFACE} joining && '
                f'ip link add {SHADOW} type ifb && ip link set {SHADOW} up && '
                f'tc qdisc add dev {IFACE} handle ffff: ingress && '
                f'tc filter add dev {IFACE} parent ffff: matchall action mirred egress redirect dev {SHADOW}')

    def netem(self, sends='', receives=''):
        """From now on what it sends, and what it receives, suffers that; nothing: it does not."""
        for iface, what in ((IFACE, sends), (SHADOW, receives)):
            self.sh(f'tc qdisc del dev {iface} root 2> /dev/null; ' +
                    (f'tc qdisc add dev {iface} root netem limit 10000 {what}' if what else 'true'))

    def ktls(self):
        """What its kernel counts of its own TLS records, by names."""
        return {name: int(value) for name, value in
                (line.split() for line in self.sh('cat /proc/net/tls_stat').splitlines())}

    def start(self, command, port=443):
        """A server, by a command of bash; stop() ends it."""
        self.sh(f'setsid bash -c "{command}" > /tmp/server.log 2>&1 < /dev/null & echo $! > /tmp/server.pid; '
                f'for i in $(seq 200); do ss -Htln | grep -q ":{port} " && exit 0; sleep 0.05; done; '
                'cat /tmp/server.log; exit 1')

    def stop(self):
        """Ends the server; what it said."""
        return self.sh('kill -KILL -- $(cat /tmp/server.pid); cat /tmp/server.log')
