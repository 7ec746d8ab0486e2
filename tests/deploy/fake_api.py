"""A Kubernetes API server as far as the chart asks one: discovery, StatefulSets to look up, Secrets to make and patch."""

import base64
import http.server
import json
import threading

GROUPS = {
    "": {
        "secrets": "Secret",
        "services": "Service",
        "configmaps": "ConfigMap",
        "serviceaccounts": "ServiceAccount",
        "pods": "Pod",
    },
    "apps": {"statefulsets": "StatefulSet"},
    "batch": {"jobs": "Job", "cronjobs": "CronJob"},
    "networking.k8s.io": {"networkpolicies": "NetworkPolicy"},
    "policy": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "rbac.authorization.k8s.io": {"roles": "Role", "rolebindings": "RoleBinding"},
}


def _resources(group):
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/v1" if group else "v1",
        "resources": [
            {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get", "list"]}
            for name, kind in GROUPS[group].items()
        ],
    }


class FakeApi:
    """Serves on loopback while it is entered. `secrets` is name -> {key: bytes}; `calls` what was asked, in order."""

    def __init__(self, statefulsets=(), token=None):
        self.statefulsets = {s["metadata"]["name"]: s for s in statefulsets}
        self.secrets = {}
        self.calls = []
        self._token = token

    def __enter__(self):
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                api._answer(self, *api._get(self.path))

            def do_POST(self):
                api._write(self)

            def do_PATCH(self):
                api._write(self)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @staticmethod
    def _answer(handler, code, body):
        data = json.dumps(body).encode()
        handler.send_response(code)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _get(self, path):
        path = path.split("?")[0].rstrip("/")
        if path == "/version":
            return 200, {"major": "1", "minor": "33", "gitVersion": "v1.33.0"}
        if path == "/api":
            return 200, {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = [
                {
                    "name": g,
                    "versions": [{"groupVersion": f"{g}/v1", "version": "v1"}],
                    "preferredVersion": {"groupVersion": f"{g}/v1", "version": "v1"},
                }
                for g in GROUPS
                if g
            ]
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        if path == "/api/v1":
            return 200, _resources("")
        for group in GROUPS:
            if path == f"/apis/{group}/v1":
                return 200, _resources(group)
        found = self.statefulsets.get(path.rsplit("/", 1)[-1])
        if "/statefulsets/" in path and found:
            return 200, found
        return 404, {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": "NotFound",
            "code": 404,
            "message": f"{path} not found",
        }

    def _write(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        method, name = handler.command, handler.path.rsplit("/", 1)[-1]
        self.calls.append((method, handler.path, body))
        if self._token and handler.headers["Authorization"] != f"Bearer {self._token}":
            self._answer(handler, 401, {"message": "Unauthorized"})
            return
        data = {key: base64.b64decode(value) for key, value in body["data"].items()}
        if method == "PATCH":
            self.secrets[name].update(data)
            self._answer(handler, 200, body)
        elif body["metadata"]["name"] in self.secrets:
            self._answer(handler, 409, {"message": "AlreadyExists"})
        else:
            self.secrets[body["metadata"]["name"]] = data
            self._answer(handler, 201, body)
