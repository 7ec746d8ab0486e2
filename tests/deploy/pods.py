"""Runs rendered manifests as processes: a kubelet as far as this chart needs one.

Every pod has a network namespace with an address of its own, on a switch without any way out, and the image's files as a
read-only root, with the volumes, user, capabilities and environment that the manifest says. A pod that starts again has
another address. Cluster names are in one hosts file. Not here: memory limits, network policies, scheduling.
"""

import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import tools

DOMAIN = "svc.cluster.local"
_numbers = itertools.count(os.getpid() % 4000)


class Switch:
    """A bridge that pods are plugged into."""

    def __init__(self):
        for program in ("ip", "bwrap", "nsenter"):
            tools.needs(program, "deploy/install-deps --image installs it")
        self.name = f"lw{next(_numbers)}"
        self._pods = []
        self._addresses = itertools.count(2)
        tools.run("ip", "netns", "add", self.name)
        self._ip("link", "add", "switch", "type", "bridge")
        self._ip("link", "set", "switch", "up")

    def _ip(self, *words):
        return tools.run("ip", "-n", self.name, *words)

    def plug(self):
        """A namespace with an address: (name, address)."""
        number = next(self._addresses)
        namespace, address = f"{self.name}-{number}", f"10.88.{number // 250}.{number % 250 + 1}"
        tools.run("ip", "netns", "add", namespace)
        self._pods.append(namespace)
        self._ip("link", "add", f"p{number}", "type", "veth", "peer", "name", "eth0", "netns", namespace)
        self._ip("link", "set", f"p{number}", "master", "switch", "up")
        for words in (
            ("address", "add", f"{address}/16", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"),
        ):
            tools.run("ip", "-n", namespace, *words)
        return namespace, address

    def unplug(self, namespace):
        self._pods.remove(namespace)
        tools.run("ip", "netns", "delete", namespace, check=False)

    def close(self):
        for namespace in list(self._pods):
            self.unplug(namespace)
        tools.run("ip", "netns", "delete", self.name, check=False)


class Pod:
    """A pod of one container, running or ended."""

    def __init__(self, cluster, name, spec, subdomain=None):
        self.name = name
        self._cluster = cluster
        self._spec = spec
        self._subdomain = subdomain
        self._container = spec["containers"][0]
        self.log = cluster.folder / f"{name}.log"
        self.started = None
        self._process = None

    def start(self):
        self._namespace, self.address = self._cluster.switch.plug()
        if self._subdomain:
            self._cluster.set_address(self.name, self._subdomain, self.address)
        words = self._inside(["ip", "netns", "exec", self._namespace], self._command())
        self.started = time.monotonic()
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]}
            )
        return self

    def _environment(self):
        fields = {"metadata.name": self.name, "metadata.namespace": self._cluster.namespace}
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp"}
        for entry in self._container.get("env", []):
            source = entry.get("valueFrom")
            env[entry["name"]] = fields[source["fieldRef"]["fieldPath"]] if source else str(entry["value"])
        return env

    def _command(self):
        env = self._environment()
        words = [*self._container["command"], *self._container.get("args", [])]
        return [re.sub(r"\$\((\w+)\)", lambda m: env[m.group(1)], str(word)) for word in words]

    def _as_user(self):
        user = str(self._spec["securityContext"]["runAsUser"])
        return [
            "setpriv",
            f"--reuid={user}",
            f"--regid={user}",
            "--clear-groups",
            "--no-new-privs",
            "--inh-caps=-all",
            "--bounding-set=-all",
        ]

    def _inside(self, before, command):
        mounts = []
        for mount in self._container.get("volumeMounts", []):
            volume = next(
                v
                for v in [*self._spec.get("volumes", []), {"name": "data", "claim": True}]
                if v["name"] == mount["name"]
            )
            mounts += self._cluster.volume(self.name, volume, mount)
        env = [word for key, value in self._environment().items() for word in ("--setenv", key, value)]
        return [
            *before,
            "bwrap",
            "--unshare-pid",
            "--as-pid-1",
            "--die-with-parent",
            "--clearenv",
            *env,
            "--bind",
            self._cluster.root,
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            *mounts,
            "--ro-bind",
            self._cluster.hosts,
            "/etc/hosts",
            "--remount-ro",
            "/",
            "--cap-drop",
            "ALL",
            "--cap-add",
            "CAP_SETUID",
            "--cap-add",
            "CAP_SETGID",
            "--cap-add",
            "CAP_SETPCAP",
            *self._as_user(),
            *command,
        ]

    def _first_process(self):
        """The container's process 1, as this machine numbers it."""
        children = (
            pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        )
        return int(children[0])

    def execute(self, *command, check=True):
        """Runs a command in the container, as `kubectl exec` and preStop hooks do."""
        words = [
            "nsenter",
            "-t",
            self._first_process(),
            "-m",
            "-n",
            "-p",
            "-r",
            "-w",
            *self._as_user(),
            *command,
        ]
        return tools.run(*words, check=check, env={**os.environ, **self._environment()})

    def refresh_volumes(self):
        """Files of Secrets as they are now, as the kubelet brings them after a while."""
        for volume in self._spec.get("volumes", []):
            if "secret" in volume:
                self._cluster.files(self.name, volume)

    def get(self, path, port=7080):
        """(status code, body) of the admin port."""
        done = tools.run(
            "ip",
            "netns",
            "exec",
            self._namespace,
            "curl",
            "--silent",
            "--max-time",
            "5",
            "--write-out",
            "\n%{http_code}",
            f"http://{self.address}:{port}{path}",
            check=False,
        )
        body, _, code = done.stdout.rpartition("\n")
        return int(code or 0), body

    def await_ready(self, seconds=60):
        """Waits as the readiness probe would; returns the seconds since the start."""
        path = self._container["readinessProbe"]["httpGet"]["path"]
        deadline = time.monotonic() + seconds
        while self.get(path)[0] != 200:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not become ready:\n{self.log_text()}")
            time.sleep(0.02)
        return time.monotonic() - self.started

    def wait(self, seconds=300):
        """Exit code of a pod that ends by itself."""
        code = self._process.wait(seconds)
        self._gone()
        return code

    def stop(self):
        """As the kubelet does: preStop, the signal, and the kill when the grace is over. Returns the seconds it took."""
        begun = time.monotonic()
        hook = self._container.get("lifecycle", {}).get("preStop", {}).get("exec")
        if hook:
            self.execute(*map(str, hook["command"]), check=False)
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(self._spec["terminationGracePeriodSeconds"])
        except subprocess.TimeoutExpired:
            self.kill()
        self._gone()
        return time.monotonic() - begun

    def kill(self):
        self._signal(signal.SIGKILL)
        self._process.wait(30)
        self._gone()

    def _signal(self, number):
        try:
            os.kill(self._first_process(), number)
        except (OSError, IndexError):
            pass  # it has ended

    def _gone(self):
        self._cluster.switch.unplug(self._namespace)

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def log_text(self):
        return self.log.read_text(errors="replace")


class Cluster:
    """Namespaces, volumes and names of the pods of one release."""

    def __init__(self, root, namespace="spread"):
        self.root = root
        self.namespace = namespace
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pods-"))
        self.hosts = self.folder / "hosts"
        self.config_maps = {}
        self.secrets = {}
        self._addresses = {}
        self._pods = []
        self.hosts.write_text("127.0.0.1 localhost\n")
        self.switch = Switch()
        for folder in (
            "data",
            "scripts",
            "workers",
            "certificates/internal",
            "certificates/public",
            "tokens",
            "now/ca",
            "now/internal",
            "now/public",
            "now/tokens",
            "import",
            "run/secrets/kubernetes.io/serviceaccount",
        ):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def close(self):
        for pod in self._pods:
            if pod.running:
                pod.kill()
        self.switch.close()
        shutil.rmtree(self.folder)

    def pod(self, name, spec, subdomain=None):
        self._pods.append(Pod(self, name, spec, subdomain))
        return self._pods[-1]

    def set_address(self, pod, service, address):
        """In place: the file is mounted in every pod."""
        names = [f"{pod}.{service}.{self.namespace}.{DOMAIN}", f"{service}.{self.namespace}.{DOMAIN}"]
        self._addresses[pod] = f"{address} {' '.join(names)}"
        self.hosts.write_text("127.0.0.1 localhost\n" + "\n".join(self._addresses.values()) + "\n")

    def volume(self, pod, volume, mount):
        """Words for bwrap that mount a volume."""
        # Runtimes follow the image's links, bwrap does not.
        where = re.sub("^/var/run/", "/run/", mount["mountPath"])
        if "emptyDir" in volume:
            return ["--perms", "1777", "--tmpfs", where]
        if "claim" in volume:
            kept = self.folder / f"data-{pod}"
            kept.mkdir(exist_ok=True)
            os.chown(kept, 65532, 65532)
            return ["--bind", kept, where]
        return ["--ro-bind", self.files(pod, volume), where]

    def files(self, pod, volume):
        """A folder with the files of a ConfigMap or Secret, made afresh."""
        folder = self.folder / f"{pod}-{volume['name']}"
        folder.mkdir(exist_ok=True)
        if "configMap" in volume:
            name = volume["configMap"]["name"]
            if name not in self.config_maps and not volume["configMap"].get("optional"):
                raise AssertionError(f"{pod}: no ConfigMap {name}, as the kubelet would say")
            data = {k: v.encode() for k, v in self.config_maps.get(name, {}).items()}
        elif "secret" in volume:
            secret = volume["secret"]
            data = self.secrets.get(secret["secretName"], {})
            if not data and not secret.get("optional"):
                raise AssertionError(f"{pod}: no Secret {secret['secretName']}, as the kubelet would say")
            if "items" in secret:
                data = {item["path"]: data[item["key"]] for item in secret["items"]}
        else:
            data = {"token": b"account", "ca.crt": b""}
        for path in folder.iterdir():
            if path.name not in data:
                path.unlink()
        for name, content in data.items():
            path = folder / name
            path.unlink(missing_ok=True)
            path.write_bytes(content)
            os.chown(path, 0, 65532)
            path.chmod(0o555 if "configMap" in volume else 0o440)
        return folder
