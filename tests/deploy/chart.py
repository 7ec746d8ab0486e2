"""Renders the chart, and finds things in what came out."""

import pathlib
import tempfile

import yaml

import tools

VALUE_SETS = sorted((tools.CHART / "values").glob("*.yaml"))

# What is rendered beside the value sets, so that every branch of every template is.
VARIATIONS = {
    "default": {},
    "open": {
        "certificates": {"mode": "off"},
        "tokens": {"mode": "off"},
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
    },
    "existing": {
        "certificates": {
            "mode": "existing",
            "existing": {"internalSecret": "inner", "publicSecret": "outer"},
        },
        "tokens": {"mode": "existing", "existingSecret": "mine"},
        "image": {"pullSecrets": [{"name": "pull"}]},
    },
    "everything": {
        "monitoring": {
            "serviceMonitor": {"enabled": True, "labels": {"a": "b"}},
            "alerts": {"enabled": True},
            "dashboard": {"enabled": True},
        },
        "workers": {
            "graphMemory": "none",
            "affinity": {"podAntiAffinity": {}},
            "podLabels": {"tier": "data"},
            "podAnnotations": {"n": "1"},
            "memory": "64Gi",
        },
        "coordinator": {"flags": ["--recover-within=1h30m", "--keep-results=720h", "--results-max=4GiB"]},
        "jobs": {
            "nodeSelector": {"pool": "small"},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            "priorityClassName": "low-priority",
        },
        "commonLabels": {"team": "spread"},
        "importVolume": {"existingClaim": "files"},
        "graphs": [
            {
                "name": "friends",
                "members": 1000,
                "linksPerMember": 10,
                "shards": 8,
                "import": {"files": ["a.txt", "b/c.txt.gz"], "undirected": True, "stringIds": True, "row": "member,member,kind"},
            }
        ],
    },
}


def template(values=None, files=(), release="net", namespace="spread", more=(), check=True):
    """`helm template` as it ended."""
    with tempfile.TemporaryDirectory() as folder:
        flags = []
        for path in files:
            flags += ["--values", path]
        if values is not None:
            path = pathlib.Path(folder) / "values.yaml"
            path.write_text(yaml.safe_dump(values))
            flags += ["--values", path]
        return tools.run(
            tools.helm(),
            "template",
            release,
            tools.CHART,
            "--namespace",
            namespace,
            *flags,
            *more,
            check=check,
        )


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


def render(*arguments, **options):
    return documents(template(*arguments, **options).stdout)


def every_rendering():
    """(name, documents) of all value sets and variations, also as an upgrade."""
    for path in VALUE_SETS:
        yield path.stem, render(files=[path])
        yield f"{path.stem}, upgraded", render(files=[path], more=["--is-upgrade"])
    for name, values in VARIATIONS.items():
        yield name, render(values)


def find(rendered, kind, name):
    for document in rendered:
        if document["kind"] == kind and document["metadata"]["name"] == name:
            return document
    raise AssertionError(f"no {kind} {name} among {[(d['kind'], d['metadata']['name']) for d in rendered]}")


def pod_templates(rendered):
    """(name, metadata, spec) of every pod that the documents lead to."""
    for document in rendered:
        name = f"{document['kind']} {document['metadata']['name']}"
        if document["kind"] == "Pod":
            yield name, document["metadata"], document["spec"]
        elif document["kind"] in ("StatefulSet", "Job"):
            template_ = document["spec"]["template"]
            yield name, template_["metadata"], template_["spec"]
        elif document["kind"] == "CronJob":
            template_ = document["spec"]["jobTemplate"]["spec"]["template"]
            yield name, template_["metadata"], template_["spec"]
